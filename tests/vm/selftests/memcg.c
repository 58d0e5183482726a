// SPDX-License-Identifier: GPL-2.0
/*
 * A user in a memory cgroup that is at its limit: what is kept for it goes when
 * memory is reclaimed there, and nobody is killed because something is kept.
 *
 * The process that runs a test is the user. If it is killed for want of memory,
 * the harness says so.
 */
#define _GNU_SOURCE
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common.h"
#include "kselftest_harness.h"

#define ROOT	"/sys/fs/cgroup/"
#define GROUP	ROOT "kept/"
#define OTHER	ROOT "other/"

#define EXTRA	0x70000000ull	/* a mapping beside the device's own */
#define FIELD	0x40000000ull	/* a large one */
#define RUN	15		/* pages that one program of identify() may use */

#define ROUNDS	30

/* What a processor may have been charged for in advance, of a few processors */
#define IN_ADVANCE	(1024 * 1024)

/* This process into a cgroup of its own without a limit; 0 or -errno */
static int enter(void)
{
	mount("none", ROOT, "cgroup2", 0, NULL);
	if (!strstr(get(ROOT "cgroup.controllers"), "memory"))
		return -EOPNOTSUPP;
	put(ROOT "cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	mkdir(OTHER, 0755);
	return put(GROUP "memory.max", "max") ?: put(GROUP "cgroup.procs", "0");
}

/* Limit it to so many bytes more than it has; 0 or -errno */
static int limit(long more)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld",
		 atol(get(GROUP "memory.current")) + more);
	return put(GROUP "memory.max", text);
}

/* Who was killed there because of its limit */
static long killed(void)
{
	FILE *in = fopen(GROUP "memory.events", "re");
	long value, count = -1;
	char name[32];

	while (in && fscanf(in, "%31s %ld", name, &value) == 2)
		if (!strcmp(name, "oom_kill"))
			count = value;
	if (in)
		fclose(in);
	return count;
}

FIXTURE(limited) {
	struct ccwio_dev dev;
	long pins;
	long killed;
};

FIXTURE_VARIANT(limited) {
	enum ccwio_backend backend;
};

FIXTURE_VARIANT_ADD(limited, type1) {
	.backend = CCWIO_TYPE1,
};

FIXTURE_VARIANT_ADD(limited, iommufd) {
	.backend = CCWIO_IOMMUFD,
};

FIXTURE_SETUP(limited)
{
	int ret = enter();

	if (ret == -EOPNOTSUPP)
		SKIP(return, "the kernel has no memory cgroups");
	ASSERT_EQ(0, ret);
	self->killed = killed();
	self->pins = pins();
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, variant->backend));
}

FIXTURE_TEARDOWN(limited)
{
	EXPECT_EQ(0, put(GROUP "memory.max", "max"));
	ccwio_close(&self->dev);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(0, put(ROOT "cgroup.procs", "0"));
}

static uint8_t *map(struct ccwio_dev *dev, unsigned int pages)
{
	uint8_t *mem = new_memory((size_t)pages * PAGE);

	return mem && !ccwio_map_memory(dev, mem, EXTRA, (uint64_t)pages * PAGE,
					true) ? mem : NULL;
}

/*
 * What is reclaimed in the user's cgroup, and in no other, is what is kept for it. On
 * a busy machine it may have gone before, for not being used: then once more.
 */
TEST_F_TIMEOUT(limited, reclaimed, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct kept before, then, after;
	int i, stayed = 0, gone = 0;

	ASSERT_NE(NULL, map(dev, RUN));
	for (i = 0; i < ROUNDS && !(stayed && gone); i++) {
		before = kept_by(UUID_RNG);
		ASSERT_EQ(0, identify(dev, EXTRA, RUN * PAGE));
		/* There is not as much */
		EXPECT_EQ(-EAGAIN, put(OTHER "memory.reclaim", "64M"));
		then = kept_by(UUID_RNG);
		EXPECT_EQ(-EAGAIN, put(GROUP "memory.reclaim", "64M"));
		after = kept_by(UUID_RNG);
		EXPECT_EQ(before.memory, then.memory);
		stayed += then.pages >= RUN && !then.given_up;
		gone += after.memory - then.memory >= RUN;
		ASSERT_EQ(1, pins_come_to(self->pins, TIMEOUT_MS));
	}
	EXPECT_LT(0, stayed);
	EXPECT_LT(0, gone);
}

/*
 * Processes beside the user that need more than there is and are killed for it, one
 * for each byte from @fd: what came of it is told there. Not the user's children,
 * since a fork gives its memory up.
 */
static void need_too_much(int fd)
{
	char byte;
	int status;
	pid_t child;

	while (read(fd, &byte, 1) == 1) {
		child = fork();
		if (!child) {
			/* Whatever the user has, it is this one that goes */
			put("/proc/self/oom_score_adj", "1000");
			_exit(!new_memory(32 << 20));
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			break;
		byte = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		if (write(fd, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

/* At the limit what is kept goes, whoever is killed in the end */
TEST_F_TIMEOUT(limited, reached, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct kept before, after;
	int i, gone = 0, fd[2];
	char byte;

	ASSERT_NE(NULL, map(dev, RUN));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	if (!fork()) {
		close(fd[0]);
		need_too_much(fd[1]);
	}
	close(fd[1]);
	for (i = 0; i < ROUNDS && !gone; i++) {
		ASSERT_EQ(0, put(GROUP "memory.max", "max"));
		before = kept_by(UUID_RNG);
		ASSERT_EQ(0, identify(dev, EXTRA, RUN * PAGE));
		ASSERT_EQ(0, limit(IN_ADVANCE));
		ASSERT_EQ(1, write(fd[0], "", 1));
		ASSERT_EQ(1, read(fd[0], &byte, 1));
		after = kept_by(UUID_RNG);
		ASSERT_EQ(SIGKILL, byte);
		EXPECT_EQ(self->killed + i + 1, killed());
		gone += after.memory - before.memory >= RUN;
		ASSERT_EQ(1, pins_come_to(self->pins, TIMEOUT_MS));
	}
	EXPECT_LT(0, gone);
	EXPECT_EQ(1, works(dev));
	close(fd[0]);
}

/*
 * Memory that is given up is charged to the cgroup for as long as it is pinned.
 * Nobody is killed who takes other memory instead at once: what unpins it is work that
 * begins when it is given up. Reclaim finds nothing to do there; it is for what is kept,
 * as in the tests above.
 */
TEST_F_TIMEOUT(limited, given_up_and_taken_back, 300)
{
	const unsigned int pages = 64 * RUN;
	struct ccwio_dev *dev = &self->dev;
	unsigned long n, rounds = loops(100);
	uint8_t *mem = map(dev, pages);
	unsigned int i;

	ASSERT_NE(NULL, mem);
	for (n = 0; n < rounds; n++) {
		for (i = 0; i < pages; i += RUN)
			ASSERT_EQ(0, identify(dev, EXTRA + i * PAGE,
					      RUN * PAGE));
		for (i = 0; i < pages; i += RUN)
			ASSERT_EQ(ID, mem[i * PAGE]);
		/* A quarter of what is given up */
		if (!n)
			ASSERT_EQ(0, limit(IN_ADVANCE));
		ASSERT_EQ(0, madvise(mem, pages * PAGE, MADV_DONTNEED));
		memset(mem, 0x11, pages * PAGE);
	}
	EXPECT_EQ(self->killed, killed());
}

/*
 * Pages far from each other: what the driver notes of each that it keeps is charged
 * to the user, and is more than there is room for. Then they are not kept.
 */
TEST_F_TIMEOUT(limited, no_room_for_records, 300)
{
	const unsigned int pages = 1500, apart = 64;
	const size_t size = (size_t)pages * apart * PAGE;
	struct ccwio_dev *dev = &self->dev;
	uint64_t page;
	uint8_t *mem;
	unsigned int i;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		   MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, madvise(mem, size, MADV_NOHUGEPAGE));
	for (i = 0; i < pages; i++)
		mem[(uint64_t)i * apart * PAGE] = 0x11;
	ASSERT_EQ(0, ccwio_map_memory(dev, mem, FIELD, size, true));
	ASSERT_EQ(1, works(dev));
	/*
	 * iommufd charges what it needs for a pin, and has the process killed where
	 * that cannot be had: with it, the limit is not reached (uapi.rst)
	 */
	ASSERT_EQ(0, limit(variant->backend == CCWIO_IOMMUFD ?
			   IN_ADVANCE + size / 64 : IN_ADVANCE));
	for (i = 0; i < pages; i++) {
		page = (uint64_t)i * apart * PAGE;
		ASSERT_EQ(0, identify(dev, FIELD + page, 8))
			TH_LOG("page %u", i);
		ASSERT_EQ(ID, mem[page]);
	}
	EXPECT_EQ(self->killed, killed());
	/* With room again, pages are kept again */
	ASSERT_EQ(0, put(GROUP "memory.max", "max"));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, identify(dev, FIELD, 8));
	EXPECT_LT(self->pins, pins_now());
}

TEST_HARNESS_MAIN
