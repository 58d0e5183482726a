// SPDX-License-Identifier: GPL-2.0
/*
 * Failing allocations: the 1st, the 2nd, ... of an operation fails, until the
 * operation succeeds. Each failure has to be an orderly error that leaves
 * nothing behind; whether it does is for the kernel's own checks, the count of
 * pinned pages and the next operation to tell.
 *
 * Needs a kernel with fault injection (fail-nth of failslab and of
 * fail_page_alloc).
 */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/syscall.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

/* Allocations of one operation are far fewer */
#define MAX_NTH 400

static int nth_fd = -1;

/* Let the @n-th allocation from now on fail in this thread */
static int arm(unsigned int n)
{
	char text[16], path[64];

	if (nth_fd < 0) {
		snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth",
			 (long)syscall(SYS_gettid));
		nth_fd = open(path, O_RDWR | O_CLOEXEC);
	}
	snprintf(text, sizeof(text), "%u", n);
	return pwrite(nth_fd, text, strlen(text), 0) < 0 ? -errno : 0;
}

/* Whether an allocation failed since then; disarms */
static int fired(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 0)
		return -errno;
	arm(0);
	return atoi(text) == 0;
}

static void prepare(void)
{
	put("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	put("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	put("/sys/kernel/debug/failslab/verbose", "0");
	put("/sys/kernel/debug/fail_page_alloc/verbose", "0");
}

static const char program[] =
	"orb F P H; buffer a 12288 align=4096 fill=0xee; buffer b 64;"
	"idal l a a+4096 a+8192; nop cc sli; sense-id l 12288 cc sli; tic x;"
	"segment; x: sense-id b 32 cc sli; y: sense-id a+100 8192 sli";

TEST_F_TIMEOUT(device, start, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, failed = 0;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int ret, hit;

	prepare();
	ASSERT_EQ(0, begin_orb(dev, program, &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = ccwio_start(dev, &orb);
		hit = fired();
		if (!ret) {
			ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
			ASSERT_EQ(0, irb.scsw.sch);
		} else {
			failed++;
			ASSERT_TRUE(ret == -ENOMEM || ret == -EFAULT)
				TH_LOG("allocation %u: %d", n, ret);
			ASSERT_EQ(1, silent(dev, 0));
		}
		ASSERT_EQ(self->pins, pins());
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u starts failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_EQ(1, works(dev));
}

TEST_F_TIMEOUT(device, other_requests, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int n;
	struct ccwio_irb irb;
	uint8_t schib[52];
	int ret, hit;

	prepare();
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = ccwio_command(dev, CCWIO_CMD_CLEAR);
		hit = fired();
		ASSERT_EQ(0, ret);
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(0, arm(n));
		ccwio_reset(dev);
		hit += fired();
		ASSERT_EQ(0, arm(n));
		ccwio_read_schib(dev, schib);
		ccwio_attach_event(dev, CCWIO_IRQ_IO, dev->event[0]);
		hit += fired();
		ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO,
						dev->event[0]));
		if (!hit)
			break;
	}
	ASSERT_LT(n, MAX_NTH);
	EXPECT_EQ(1, works(dev));
}

TEST_F_TIMEOUT(device, open, 240)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG, .backend = variant->backend,
	};
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, failed = 0;
	int ret, hit;

	prepare();
	for (n = 1; n < MAX_NTH; n++) {
		ccwio_close(dev);
		ASSERT_EQ(0, arm(n));
		ret = ccwio_open(dev, &options);
		hit = fired();
		failed += !!ret;
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u opens failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(1, works(dev));
}

FIXTURE(setup) {
	char sch[64];
};

FIXTURE_SETUP(setup)
{
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG2));
	ASSERT_NE('\0', self->sch[0]);
}

FIXTURE_TEARDOWN(setup)
{
	EXPECT_EQ(0, restore());
}

static int css(const char *what, const char *sch)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/css/drivers/vfio_ccw/%s", what);
	return put(path, sch);
}

/* Probing the subchannel and creating the mdev */
TEST_F_TIMEOUT(setup, probe_and_create, 240)
{
	unsigned int n, failed = 0;
	struct ccwio_dev dev;
	char path[PATH_MAX];
	int ret, hit;

	prepare();
	snprintf(path, sizeof(path), MDEV_CREATE, self->sch);
	ASSERT_EQ(0, css("unbind", self->sch));
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = css("bind", self->sch);
		hit = fired();
		failed += !!ret;
		if (!ret)
			ASSERT_EQ(0, css("unbind", self->sch));
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u probes failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	ASSERT_EQ(0, css("bind", self->sch));
	for (n = 1, failed = 0; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = put(path, UUID_RNG2);
		hit = fired();
		failed += !!ret;
		if (!ret)
			ASSERT_EQ(0, put("/sys/bus/mdev/devices/" UUID_RNG2
					 "/remove", "1"));
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u creations failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	ASSERT_EQ(0, put(path, UUID_RNG2));
	ASSERT_EQ(0, open_dev(&dev, UUID_RNG2, CCWIO_TYPE1));
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&dev);
}

TEST_F_TIMEOUT(setup, load, 240)
{
	static const char find[] =
		"find /lib/modules -name vfio_ccw.ko";
	char file[PATH_MAX];
	FILE *out;
	unsigned int n, failed = 0;
	int fd, ret, hit;

	prepare();
	out = popen(find, "r");
	ASSERT_NE(NULL, out);
	ASSERT_NE(NULL, fgets(file, sizeof(file), out));
	file[strcspn(file, "\n")] = '\0';
	pclose(out);
	ASSERT_EQ(0, system("rmmod vfio_ccw"));
	for (n = 1; n < MAX_NTH; n++) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, arm(n));
		ret = syscall(SYS_finit_module, fd, "", 0);
		hit = fired();
		close(fd);
		failed += !!ret;
		if (!ret && hit)
			ASSERT_EQ(0, system("rmmod vfio_ccw"));
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u loads failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	ASSERT_EQ(0, ret);
}

TEST_HARNESS_MAIN
