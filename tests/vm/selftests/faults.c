// SPDX-License-Identifier: GPL-2.0
/*
 * Failing allocations: the 1st, the 2nd, ... of an operation fails, until the
 * operation succeeds. Each failure has to be an orderly error that leaves
 * nothing behind; whether it does is for the kernel's own checks, the count of
 * pinned pages and the next operation to tell.
 *
 * Each test says how many allocations there were, and how many of them have failed;
 * it fails if none has, but where an operation needs no memory.
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

#define AVAILABLE \
	"/sys/bus/css/devices/%s/mdev_supported_types/vfio_ccw-io/" \
	"available_instances"

/* The last four digits are the number of the allocation that fails */
#define FAULT_UUID	"44444444-0000-4000-8000-000000000000"

/*
 * Loading is slow: so many rounds, at most, or as many as there are allocations.
 * The hardened kernel puts the releases off that unloading waits for, and takes a
 * quarter of a minute for a round.
 */
#define LOAD_ROUNDS 100

/* The same for what takes a device away */
#define REMOVE_ROUNDS 100

/*
 * Of each @step allocations one fails: which of them, so that another run can have others.
 * FAULTS_OFFSET says it.
 */
static unsigned int first_of(unsigned int step)
{
	const char *text = getenv("FAULTS_OFFSET");

	return 1 + (text ? strtoul(text, NULL, 10) % step : 0);
}

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

/* How many allocations this thread has made since arm(BEYOND) */
#define BEYOND 1000000

static unsigned int counted(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 0)
		return 0;
	arm(0);
	return BEYOND - atoi(text);
}

static void set_attribute(const char *name, const char *value)
{
	static const char * const places[] = { "failslab", "fail_page_alloc" };
	char path[128];
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s",
			 places[i], name);
		put(path, value);
	}
}

/* Have only allocations fail that @function makes, or those that it calls */
static int only_under(const char *function)
{
	unsigned long start = 0, end = 0;
	FILE *in = fopen("/proc/kallsyms", "re");
	char name[128], text[32];
	int found = 0;

	/* In the order of their addresses */
	while (in && fscanf(in, "%lx %*c %127s%*[^\n]", &end, name) == 2) {
		if (found && end != start)
			break;
		if (!strcmp(name, function)) {
			found = 1;
			start = end;
		}
	}
	if (in)
		fclose(in);
	snprintf(text, sizeof(text), "0x%lx", start);
	set_attribute("require-start", text);
	snprintf(text, sizeof(text), "0x%lx", end);
	set_attribute("require-end", text);
	set_attribute("stacktrace-depth", "32");
	return found;
}

/* The injection itself: a pipe needs memory, and gets none */
static int injects(void)
{
	int fd[2], ret;

	if (arm(1))
		return 0;
	ret = pipe(fd);
	if (!ret) {
		close(fd[0]);
		close(fd[1]);
	}
	return fired() == 1 && ret;
}

/* 1 if from now on allocations fail when they are told to */
static int prepare(void)
{
	set_attribute("require-start", "0");
	set_attribute("require-end", "0xffffffffffffffff");
	set_attribute("ignore-gfp-wait", "N");
	set_attribute("verbose", "0");
	put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	put("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return injects();
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

	ASSERT_EQ(1, prepare());
	ASSERT_EQ(0, begin_orb(dev, program, &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	for (n = 1; n < MAX_NTH; n++) {
		/* What is kept is not pinned, and nothing allocated for it */
		let_kept_go();
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
	EXPECT_LT(1, n);
	/* A pin that fails is tried again where something kept could go for it */
	if (getenv("KEPT"))
		EXPECT_LT(0, failed);
	EXPECT_EQ(1, works(dev));
}

/* The first start after an opening allocates more than those that follow */
TEST_F_TIMEOUT(device, first_start, 240)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, failed = 0;
	struct ccwio_program *text;
	struct ccwio_irb irb;
	int ret, hit;

	ASSERT_EQ(1, prepare());
	for (n = 1; n < MAX_NTH; n++) {
		ccwio_close(dev);
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		text = ccwio_assemble(dev, program);
		ASSERT_EQ(NULL, ccwio_program_error(text));
		ASSERT_EQ(0, arm(n));
		ret = ccwio_start(dev, ccwio_program_orb(text));
		hit = fired();
		failed += !!ret;
		ASSERT_TRUE(!ret || ret == -ENOMEM || ret == -EFAULT)
			TH_LOG("allocation %u: %d", n, ret);
		/* The same again, now that there is memory */
		if (ret)
			ASSERT_EQ(0, ccwio_start(dev, ccwio_program_orb(text)));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(0, irb.scsw.sch);
		ASSERT_EQ(self->pins, pins());
		ccwio_free_program(text);
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u starts failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, failed);
}

/* An unmap under a program in progress: it ends, whatever fails */
TEST_F_TIMEOUT(device, unmap, 240)
{
	const char *in_use = "orb F P S H; first: sense-id 0x70001000 64 cc sli; nop s sli";
	const uint64_t at = 0x70000000;
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	unsigned int n;
	int ret, hit, hits = 0;
	void *mem;

	ASSERT_EQ(1, prepare());
	for (n = 1; n < MAX_NTH; n++) {
		mem = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		ASSERT_NE(MAP_FAILED, mem);
		ASSERT_EQ(0, ccwio_map_memory(dev, mem, at, 65536, true));
		ccwio_alloc_reset(dev);
		ASSERT_EQ(0, begin_orb(dev, in_use, &orb));
		ASSERT_EQ(1, suspended(dev));
		ASSERT_EQ(self->pins + 1, pins());
		ASSERT_EQ(0, arm(n));
		ret = ccwio_unmap_memory(dev, at, 65536);
		hit = fired();
		ASSERT_LE(0, hit);
		hits += hit;
		if (ret)
			ASSERT_EQ(0, ccwio_unmap_memory(dev, at, 65536));
		ASSERT_EQ(self->pins, pins());
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(CCWIO_SCH_CCC, irb.scsw.sch);
		if (!hit)
			break;
	}
	TH_LOG("%d allocations failed", hits);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, hits);
	EXPECT_EQ(1, works(dev));
}

/* A resume that fails leaves the program suspended, for the next one */
TEST_F_TIMEOUT(device, resume, 240)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, failed = 0;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int ret, hit;

	ASSERT_EQ(1, prepare());
	ASSERT_EQ(0, begin_orb(dev, "orb F P S H;"
			       "buffer a 12288 align=4096; idal l a a+4096;"
			       "nop cc s sli; sense-id l 8192 cc sli;"
			       "sense-id a+8192 64 cc sli; nop sli", &orb));
	ASSERT_EQ(1, suspended(dev));
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = ccwio_command(dev, CCWIO_CMD_RESUME);
		hit = fired();
		ASSERT_LE(0, hit);
		failed += !!ret;
		ASSERT_TRUE(!ret || ret == -ENOMEM || ret == -EFAULT)
			TH_LOG("allocation %u: %d", n, ret);
		/* Its first CCW has the flag yet: it is suspended again */
		ASSERT_EQ(1, suspended(dev));
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u resumes failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, failed);
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

/* A program that has memory pinned and is in progress until something ends it */
static const char in_use[] = "orb F P S H; buffer a 8192 align=4096;"
			     "sense-id a 8192 cc sli; nop s sli";

/* So is a reset, of a device with a program in progress */
TEST_F_TIMEOUT(device, reset, 240)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, total, hits = 0;
	int hit;

	ASSERT_EQ(1, prepare());
	ASSERT_EQ(0, begin(dev, in_use));
	ASSERT_EQ(1, suspended(dev));
	ASSERT_EQ(0, arm(BEYOND));
	ASSERT_EQ(0, ccwio_reset(dev));
	total = counted();
	for (n = 1; n < MAX_NTH; n++) {
		ccwio_alloc_reset(dev);
		ASSERT_EQ(0, begin(dev, in_use));
		ASSERT_EQ(1, suspended(dev));
		ASSERT_EQ(0, arm(n));
		EXPECT_EQ(0, ccwio_reset(dev));
		hit = fired();
		ASSERT_LE(0, hit);
		hits += hit;
		ASSERT_EQ(1, silent(dev, 0));
		ASSERT_EQ(self->pins, pins());
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u failed", total, hits);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LE(total, hits + 2);
	EXPECT_EQ(1, works(dev));
}

/* A close is total: whatever fails, nothing is left, and the device can be opened */
TEST_F_TIMEOUT(device, close, 240)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, total, hits = 0;
	int hit;

	ASSERT_EQ(1, prepare());
	ASSERT_EQ(0, begin(dev, in_use));
	ASSERT_EQ(1, suspended(dev));
	ASSERT_EQ(0, arm(BEYOND));
	ccwio_close(dev);
	total = counted();
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		ASSERT_EQ(0, begin(dev, in_use));
		ASSERT_EQ(1, suspended(dev));
		ASSERT_EQ(0, arm(n));
		ccwio_close(dev);
		hit = fired();
		ASSERT_LE(0, hit);
		hits += hit;
		ASSERT_EQ(self->pins, pins());
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u failed", total, hits);
	ASSERT_LT(n, MAX_NTH);
	/* Another one may come along, but none is left out */
	EXPECT_LE(total, hits + 2);
	ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
	EXPECT_EQ(1, works(dev));
}

/* What an information about region 1 may be long, with its capabilities */
#define INFO_SIZE 256

/*
 * A list of capabilities is the only one of these that needs memory; the others are
 * tried to see that they do not.
 */
TEST_F_TIMEOUT(device, other_requests, 120)
{
	union {
		struct vfio_region_info info;
		uint8_t bytes[INFO_SIZE];
	} region;
	struct ccwio_dev *dev = &self->dev;
	unsigned int n, hits = 0, refused = 0;
	struct ccwio_irb irb;
	uint8_t schib[52];
	int ret, hit;

	ASSERT_EQ(1, prepare());
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = ccwio_command(dev, CCWIO_CMD_CLEAR);
		hit = fired();
		ASSERT_EQ(0, ret);
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(0, arm(n));
		ccwio_read_schib(dev, schib);
		ccwio_attach_event(dev, CCWIO_IRQ_IO, dev->event[0]);
		hit += fired();
		ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO,
						dev->event[0]));
		region.info = (struct vfio_region_info){
			.argsz = sizeof(region), .index = 1,
		};
		ASSERT_EQ(0, arm(n));
		ret = ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &region);
		ASSERT_TRUE(!ret || errno == ENOMEM)
			TH_LOG("allocation %u: %d", n, errno);
		refused += !!ret;
		hit += fired();
		ASSERT_LE(0, hit);
		hits += hit;
		if (!hit)
			break;
	}
	TH_LOG("%u allocations failed, %u requests", hits, refused);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, hits);
	EXPECT_LT(0, refused);
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

	ASSERT_EQ(1, prepare());
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
	EXPECT_LT(0, failed);
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

/* Probing the subchannel and creating the mdev */
TEST_F_TIMEOUT(setup, probe_and_create, 240)
{
	unsigned int n, failed = 0;
	struct ccwio_dev dev;
	char path[PATH_MAX], available[PATH_MAX], name[] = FAULT_UUID;
	int ret, hit;

	ASSERT_EQ(1, prepare());
	snprintf(path, sizeof(path), MDEV_CREATE, self->sch);
	snprintf(available, sizeof(available), AVAILABLE, self->sch);
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	for (n = 1; n < MAX_NTH; n++) {
		ASSERT_EQ(0, arm(n));
		ret = bind_to("vfio_ccw", "bind", self->sch);
		hit = fired();
		failed += !!ret;
		if (!ret)
			ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u probes failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, failed);
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	for (n = 1, failed = 0; n < MAX_NTH; n++) {
		/* The one before may not be released yet */
		snprintf(name + sizeof(name) - 5, 5, "%04x", n);
		ASSERT_EQ(0, arm(n));
		ret = put(path, name);
		hit = fired();
		failed += !!ret;
		if (!ret)
			ASSERT_EQ(0, remove_mdev(name));
		/*
		 * It counts until it is released; without memory for the device
		 * itself, for the mdev core, until the parent is registered
		 * again
		 */
		if (!strcmp("0", get(available))) {
			ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
			ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
		}
		if (!hit)
			break;
	}
	TH_LOG("%u allocations, %u creations failed", n - 1, failed);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, failed);
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG2));
	ASSERT_EQ(0, open_dev(&dev, UUID_RNG2, CCWIO_TYPE1));
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&dev);
}

/* Out of an address space of iommufd, and into it again */
TEST_F_TIMEOUT(setup, attach, 240)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
	};
	unsigned int n, failed = 0, hits = 0;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct ccwio_dev dev;
	long before = pins();
	int ret, hit, attach_hit, error;

	ASSERT_EQ(1, prepare());
	ASSERT_EQ(0, open_dev(&dev, UUID_RNG2, CCWIO_IOMMUFD));
	attach.pt_id = dev.ioas;
	for (n = 1; n < MAX_NTH; n++) {
		ccwio_alloc_reset(&dev);
		ASSERT_EQ(0, suspend_with_memory(&dev, &orb));
		ASSERT_EQ(0, arm(n));
		ASSERT_EQ(0, ioctl(dev.fd, VFIO_DEVICE_DETACH_IOMMUFD_PT,
				   &detach));
		hit = fired();
		ASSERT_EQ(before, pins());
		ASSERT_EQ(1, ccwio_answer(&dev, TIMEOUT_MS, &irb));
		ASSERT_LE(0, hit);
		hits += hit;
		ASSERT_EQ(0, arm(n));
		ret = ioctl(dev.fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
		error = errno;
		attach_hit = fired();
		ASSERT_LE(0, attach_hit);
		failed += !!ret;
		hits += attach_hit;
		ASSERT_TRUE(!ret || error == ENOMEM)
			TH_LOG("allocation %u: %d", n, error);
		if (ret)
			ASSERT_EQ(0, ioctl(dev.fd,
					   VFIO_DEVICE_ATTACH_IOMMUFD_PT,
					   &attach));
		if (!hit && !attach_hit)
			break;
	}
	/* What is needed of both is little, and may be there already */
	TH_LOG("%u allocations failed, %u attaches", hits, failed);
	ASSERT_LT(n, MAX_NTH);
	EXPECT_LT(0, hits);
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&dev);
}

/* One of them, with the @n-th allocation failing; 1 if one failed, or -errno */
static int take_away(const char *sch, bool unbind, unsigned int n,
		     unsigned int *total)
{
	int ret, hit = 0;

	ret = arm(n);
	if (ret)
		return ret;
	ret = unbind ? bind_to("vfio_ccw", "unbind", sch) :
		       remove_mdev(UUID_RNG2);
	if (total)
		*total = counted();
	else
		hit = fired();
	/* What writes into a file of sysfs may fail before */
	if (ret)
		return hit ? hit : ret;
	if (unbind)
		ret = bind_to("vfio_ccw", "bind", sch);
	return ret ? ret : create_mdev(sch, UUID_RNG2) ?: hit;
}

/*
 * Removing the mediated device, and unbinding, work whatever fails. The device
 * comes back when the kernel has released it, which can be seconds later: with
 * fewer rounds than allocations, some are left out.
 */
TEST_F_TIMEOUT(setup, remove, 600)
{
	unsigned int n, total, step, rounds, hits, unbind;
	struct ccwio_dev dev;
	int ret;

	ASSERT_EQ(1, prepare());
	for (unbind = 0; unbind < 2; unbind++) {
		ASSERT_EQ(0, take_away(self->sch, unbind, BEYOND, &total));
		ASSERT_LT(0, total);
		step = total / loops(REMOVE_ROUNDS) ?: 1;
		n = first_of(step);
		TH_LOG("from the %uth on, each %uth", n, step);
		for (rounds = hits = 0; n <= total; n += step, rounds++) {
			ret = take_away(self->sch, unbind, n, NULL);
			ASSERT_LE(0, ret)
				TH_LOG("allocation %u: %d", n, ret);
			hits += ret;
		}
		TH_LOG("%s: %u allocations, %u failed in %u rounds",
		       unbind ? "unbinding" : "removal", total, hits, rounds);
		/* The first time needs some that stay; none is left out else */
		EXPECT_LE(rounds, 2 * hits);
	}
	ASSERT_EQ(0, open_dev(&dev, UUID_RNG2, CCWIO_TYPE1));
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&dev);
}

/* Load the module from file @name; 0 or -errno */
static int load(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

/*
 * What the driver allocates when it is loaded, with three subchannels waiting
 * for it; not what the kernel does before to load any module. With fewer rounds
 * than allocations, some are left out.
 */
TEST_F_TIMEOUT(setup, load, 600)
{
	static const char find[] =
		"find /lib/modules -name vfio_ccw.ko";
	unsigned int n, total, step, rounds = 0, failed = 0, hits = 0;
	char file[PATH_MAX];
	int ret, hit;
	FILE *out;

	ASSERT_EQ(1, prepare());
	ASSERT_EQ(1, only_under("do_one_initcall"));
	out = popen(find, "r");
	ASSERT_NE(NULL, out);
	ASSERT_NE(NULL, fgets(file, sizeof(file), out));
	file[strcspn(file, "\n")] = '\0';
	pclose(out);
	ASSERT_EQ(0, system("rmmod vfio_ccw"));
	ASSERT_EQ(0, arm(BEYOND));
	ASSERT_EQ(0, load(file));
	total = counted();
	ASSERT_LT(0, total);
	ASSERT_EQ(0, system("rmmod vfio_ccw"));
	step = total / loops(LOAD_ROUNDS) ?: 1;
	n = first_of(step);
	TH_LOG("from the %uth on, each %uth", n, step);
	for (; n <= total; n += step, rounds++) {
		ASSERT_EQ(0, arm(n));
		ret = load(file);
		hit = fired();
		failed += !!ret;
		hits += hit > 0;
		/*
		 * A subchannel that is not bound is no failure of the module;
		 * what a failure is called is for the driver core to say
		 */
		ASSERT_TRUE(!ret || hit)
			TH_LOG("allocation %u: %d", n, ret);
		if (!ret)
			ASSERT_EQ(0, system("rmmod vfio_ccw"));
	}
	TH_LOG("%u allocations, %u failed in %u rounds, and %u loads", total,
	       hits, rounds, failed);
	EXPECT_LT(0, failed);
	/* One load may need fewer than another, but none is left out else */
	EXPECT_LE(rounds, hits + 2);
	ASSERT_EQ(0, system("modprobe vfio_ccw"));
}

TEST_HARNESS_MAIN
