// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is unplugged: with and without mdev, open or not, at rest and
 * with a program in progress; and one that comes back. The host unplugs and
 * plugs it. Nobody else may be kept waiting by a user who holds on to it.
 *
 * Each test loses a device of its own: the machine has spare ones. A device
 * that is plugged is found only after the kernel has gone twice through all
 * numbers that a subchannel can have, which takes a hardened kernel most of a
 * minute.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/klog.h>
#include <sys/syscall.h>

#include "common.h"
#include "kselftest_harness.h"

#define FC	0x7000
#define SC	0x001f
#define DEVICES	"/sys/bus/ccw/devices/"

/* Between them, the spare devices that are there */
#define SPARE_MIN	0x2000
#define SPARE_MAX	0x2100

/* What a plugged device takes until it is there, on a busy machine */
#define PLUG_MS	(3 * PATIENCE_MS)

/* Bound to the driver, which it is until it is unregistered */
static int sch_is(const char *sch, int there, int ms)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/css/drivers/vfio_ccw/%s", sch);
	return comes_to(path, there, ms);
}

static int unplug(const char *id)
{
	return host_did("del %s", id);
}

static int plug(const char *id, const char *devno)
{
	return host_did("add virtio-rng-ccw id=%s devno=fe.0.%s", id, devno);
}

/* The kernel looks at all subchannels, and has done all that it finds to do */
static int rescan(void)
{
	return put("/sys/devices/css0/rescan", "1");
}

/* The device behind @uuid, as 0.0.1112, and QEMU's name for it, as rng1112 */
static void find_device(const char *uuid, char device[16], char id[16])
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s/dev_busid",
		 subchannel(uuid));
	snprintf(device, 16, "%.15s", get(path));
	snprintf(id, 16, "rng%.4s", *device ? strrchr(device, '.') + 1 : "");
}

/* Take @device, which its usual driver has set up when it is online */
static int take_next(const char *device)
{
	char path[PATH_MAX], sch[16];
	int ret;

	snprintf(path, sizeof(path), DEVICES "%s/online", device);
	if (!becomes(path, "1", PLUG_MS))
		return -ENODEV;
	ret = take(device);
	if (ret)
		return ret;
	snprintf(sch, sizeof(sch), "SCH_%s", strrchr(device, '.') + 1);
	/* It takes the place of the one that was lost */
	setenv("SCH_1112", getenv(sch), 1);
	return restore();
}

/*
 * The last of the spare devices, as 0.0.2001; NULL if there is none. Of the
 * subchannels that are free, that of the one taken last is always the first: a
 * device that is plugged when it is lost gets that.
 */
static const char *find_spare(void)
{
	static char path[PATH_MAX];
	unsigned int devno;

	for (devno = SPARE_MAX; devno > SPARE_MIN; devno--) {
		snprintf(path, sizeof(path), DEVICES "0.0.%04x", devno);
		if (!access(path, F_OK))
			return strrchr(path, '/') + 1;
	}
	printf("# there is no spare device any more\n");
	return NULL;
}

/* The machine is as before, but for the number of the second device */
static int use_spare(void)
{
	const char *device = find_spare();

	return device ? take_next(device) : -ENODEV;
}

FIXTURE(lost) {
	struct ccwio_dev dev;
	char sch[64], device[16], id[16];
	long pins;
};

FIXTURE_VARIANT(lost) {
	enum ccwio_backend backend;
};

FIXTURE_VARIANT_ADD(lost, type1) {
	.backend = CCWIO_TYPE1,
};

FIXTURE_VARIANT_ADD(lost, iommufd) {
	.backend = CCWIO_IOMMUFD,
};

FIXTURE_SETUP(lost)
{
	/* An earlier test may have taken another one */
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG2));
	find_device(UUID_RNG2, self->device, self->id);
	self->pins = pins();
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG2, variant->backend));
}

FIXTURE_TEARDOWN(lost)
{
	ccwio_close(&self->dev);
	EXPECT_EQ(1, sch_is(self->sch, 0, PATIENCE_MS));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(0, use_spare());
}

TEST_F_TIMEOUT(lost, while_idle, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	uint8_t schib[52];

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
	EXPECT_EQ(-ENODEV, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(-ENODEV, ccwio_resume_io(dev, &orb));
	EXPECT_EQ(-ENODEV, ccwio_command(dev, CCWIO_CMD_HALT));
	EXPECT_EQ(-ENODEV, ccwio_command(dev, CCWIO_CMD_CLEAR));
	EXPECT_EQ(-ENODEV, ccwio_command(dev, CCWIO_CMD_RESUME));
	EXPECT_EQ(-ENODEV, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(-ENODEV, ccwio_reset(dev));
	EXPECT_EQ(-ENODEV, ccwio_read_schib(dev, schib));
	EXPECT_EQ(1, silent(dev, 50));
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(0, irb.scsw.ctl & (FC | SC));
	/* The subchannel stays for as long as somebody holds it */
	EXPECT_EQ(1, sch_is(self->sch, 1, 0));
}

/* The start is answered: deferred condition code 3 */
TEST_F_TIMEOUT(lost, while_busy, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, suspend(dev, &orb));
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, ccwio_answer(dev, PATIENCE_MS, &irb));
	EXPECT_EQ(3, irb.scsw.ctl >> 24 & 3);
	EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
	EXPECT_EQ(CCWIO_SC_PEND, irb.scsw.ctl & CCWIO_SC_PEND);
	EXPECT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
}

/* What was answered before the loss is still there to be read */
TEST_F_TIMEOUT(lost, with_unread_status, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin(dev, "nop sli"));
	ASSERT_EQ(1, has_event(dev->event[0], TIMEOUT_MS));
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
	EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
}

static int log_size(void)
{
	static char text[1 << 20];

	return klogctl(3, text, sizeof(text));
}

TEST_F_TIMEOUT(lost, flood_of_requests, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb = { .ctl = CCWIO_ORB_F };
	unsigned long i, n = loops(50000);
	int before;

	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	before = log_size();
	ASSERT_LT(0, before);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(-ENODEV, ccwio_start(dev, &orb));
		ASSERT_EQ(-ENODEV, ccwio_command(dev, CCWIO_CMD_CLEAR));
	}
	EXPECT_LE(before, log_size());
	EXPECT_GT(before + 2000, log_size());
}

/* Another device goes while a user holds on to the lost one */
TEST_F_TIMEOUT(lost, others_go_on, 240)
{
	struct ccwio_dev other, *dev = &self->dev;
	const char *device = find_spare();
	char path[PATH_MAX], id[16];

	ASSERT_NE(NULL, device);
	snprintf(path, sizeof(path), DEVICES "%s", device);
	snprintf(id, sizeof(id), "rng%s", strrchr(device, '.') + 1);
	ASSERT_EQ(0, open_dev(&other, UUID_RNG, variant->backend));
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	ASSERT_EQ(0, unplug(id));
	EXPECT_EQ(1, comes_to(path, 0, PATIENCE_MS));
	EXPECT_EQ(0, rescan());
	EXPECT_EQ(1, works(&other));
	EXPECT_EQ(1, sch_is(self->sch, 1, 0));
	ccwio_close(&other);
}

/* Other devices come while a user holds on to the lost one */
TEST_F_TIMEOUT(lost, others_come, 300)
{
	struct ccwio_dev other, *dev = &self->dev;

	ASSERT_EQ(0, open_dev(&other, UUID_RNG, variant->backend));
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	/* The first one gets the lost one's subchannel, and has to wait */
	ASSERT_EQ(0, plug("rng8", "1118"));
	ASSERT_EQ(0, plug("rng9", "1119"));
	EXPECT_EQ(1, comes_to(DEVICES "0.0.1119", 1, PLUG_MS));
	EXPECT_NE(0, access(DEVICES "0.0.1118", F_OK));
	EXPECT_EQ(1, works(&other));
	ASSERT_EQ(0, unplug("rng8"));
	ASSERT_EQ(0, unplug("rng9"));
	EXPECT_EQ(1, comes_to(DEVICES "0.0.1119", 0, PATIENCE_MS));
	EXPECT_EQ(1, works(&other));
	ccwio_close(&other);
}

/* The same number again, or another, is never the same device */
TEST_F_TIMEOUT(lost, another_one_in_its_place, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb = { .ctl = CCWIO_ORB_F };

	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	ASSERT_EQ(0, plug("rng8", "1118"));
	ASSERT_EQ(0, rescan());
	usleep(100000);
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
	EXPECT_EQ(-ENODEV, ccwio_reset(dev));
	ASSERT_EQ(0, unplug("rng8"));
	ASSERT_EQ(0, rescan());
	usleep(100000);
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
}

/* The device goes, and one of the same number comes, while nobody can look */
static int replace(const char *device, const char *id)
{
	return host_did("replace %s virtio-rng-ccw id=%s devno=fe.0.%s", id, id,
			strrchr(device, '.') + 1);
}

/*
 * When the host looks, it finds what it had before, with all parameters
 * initialised: it is lost all the same
 */
TEST_F_TIMEOUT(lost, replaced_while_idle, 300)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, replace(self->device, self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(0, unplug(self->id));
}

/* What was in progress is answered, and lets its memory go */
TEST_F_TIMEOUT(lost, replaced_while_busy, 300)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, suspend(dev, &orb));
	ASSERT_EQ(0, replace(self->device, self->id));
	ASSERT_EQ(1, ccwio_answer(dev, PATIENCE_MS, &irb));
	EXPECT_EQ(3, irb.scsw.ctl >> 24 & 3);
	EXPECT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
	EXPECT_EQ(0, unplug(self->id));
}

/* Once the lost one is gone, one of the same number can be taken */
TEST_F_TIMEOUT(lost, comes_back, 300)
{
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], PATIENCE_MS));
	ccwio_close(&self->dev);
	ASSERT_EQ(1, sch_is(self->sch, 0, PATIENCE_MS));
	ASSERT_EQ(0, plug(self->id, strrchr(self->device, '.') + 1));
	ASSERT_EQ(0, take_next(self->device));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG2, variant->backend));
	EXPECT_EQ(1, works(&self->dev));
	/* For the other tests it is as lost as the others are */
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG2));
	ASSERT_EQ(0, unplug(self->id));
	EXPECT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], PATIENCE_MS));
}

TEST_F_TIMEOUT(lost, while_closed, 240)
{
	ccwio_close(&self->dev);
	ASSERT_EQ(0, unplug(self->id));
	EXPECT_EQ(1, sch_is(self->sch, 0, PATIENCE_MS));
	EXPECT_EQ(1, comes_to("/sys/bus/mdev/devices/" UUID_RNG2, 0,
			      PATIENCE_MS));
}

TEST_F_TIMEOUT(lost, without_mdev, 240)
{
	ccwio_close(&self->dev);
	ASSERT_EQ(0, remove_mdev(UUID_RNG2));
	ASSERT_EQ(0, unplug(self->id));
	EXPECT_EQ(1, sch_is(self->sch, 0, PATIENCE_MS));
}

struct unbinder {
	const char *sch;
	atomic_int tid, done;
};

static void *unbind(void *arg)
{
	struct unbinder *u = arg;

	u->tid = syscall(SYS_gettid);
	bind_to("vfio_ccw", "unbind", u->sch);
	u->done = 1;
	return NULL;
}

/*
 * The device has gone, a user holds its file open who never attached it to
 * anything, and the administrator unbinds the subchannel: that waits, and does
 * not count as hung.
 */
TEST_F_TIMEOUT(lost, unbound_while_held_open, 240)
{
	static const char dir[] =
		"/sys/bus/mdev/devices/" UUID_RNG2 "/vfio-dev/vfio";
	struct unbinder u = { .sch = self->sch };
	int i, fd = -1, hung = 0;
	char path[PATH_MAX];
	pthread_t thread;

	ccwio_close(&self->dev);
	for (i = 0; i < 100 && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s%d", dir, i);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, unplug(self->id));
	/* The VFIO core has begun to wait for whoever has it open */
	ASSERT_EQ(1, comes_to(path, 0, PATIENCE_MS));
	pthread_create(&thread, NULL, unbind, &u);
	usleep(300000);
	for (i = 0; i < 50; i++, usleep(10000))
		hung += thread_state(u.tid) == 'D';
	EXPECT_GT(5, hung);
	EXPECT_EQ(0, u.done);
	/* Nobody has begun to unregister it, and would have to wait, too */
	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s", self->sch);
	EXPECT_EQ(1, comes_to(path, 1, 0));
	EXPECT_EQ(0, put("/proc/cio_settle", "1"));
	close(fd);
	pthread_join(thread, NULL);
}

struct starter {
	struct ccwio_dev *dev;
	struct ccwio_orb orb;
	int ret;
};

static void *start_once(void *arg)
{
	struct starter *s = arg;

	s->ret = ccwio_start(s->dev, &s->orb);
	return NULL;
}

/* In the middle of the translation, which waits for a part of the program */
TEST_F_TIMEOUT(lost, while_translating, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct starter s = { .dev = dev };
	struct absent page;
	pthread_t thread;

	ASSERT_EQ(0, make_absent(&page));
	ASSERT_EQ(0, ccwio_map_memory(dev, page.mem, 0x70000000, 4096, true));
	s.orb = (struct ccwio_orb){
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
		.cpa = ccwio_alloc(dev, 4096, 4096),
	};
	ccwio_put_ccw(dev, s.orb.cpa, 1, 0xe4, ccwio_alloc(dev, 4096, 4096),
		      4096, CCWIO_CC | CCWIO_SLI);
	ccwio_put_ccw(dev, s.orb.cpa + 8, 1, 0x08, 0x70000000, 0, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, start_once, &s));
	ASSERT_EQ(1, is_awaited(&page));
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	ASSERT_EQ(0, supply(&page));
	pthread_join(thread, NULL);
	EXPECT_EQ(-ENODEV, s.ret);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, silent(dev, 20));
	close(page.fd);
}

/* Which of two reasons wins, and what a lost device still tells */
TEST_F_TIMEOUT(lost, order_of_checks, 240)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct ccwio_orb orb = { .ctl = CCWIO_ORB_B };
	struct ccwio_dev *dev = &self->dev;
	uint8_t data[125] = { 0 };
	uint32_t word = 1;
	void *none;

	none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, none);
	ASSERT_EQ(0, unplug(self->id));
	ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], PATIENCE_MS));
	EXPECT_EQ(-EINVAL, raw_write(dev, CCWIO_REGION_IO, 0, none, 23));
	EXPECT_EQ(-EINVAL, raw_write(dev, CCWIO_REGION_IO, 0, none, 125));
	EXPECT_EQ(-EINVAL, raw_write(dev, CCWIO_REGION_CMD, 0, none, 3));
	EXPECT_EQ(-EFAULT, raw_write(dev, CCWIO_REGION_IO, 0, none, 124));
	EXPECT_EQ(-EFAULT, raw_write(dev, CCWIO_REGION_CMD, 0, none, 8));
	/* Wrong function bits, transport mode, no such command */
	EXPECT_EQ(-ENODEV, request(dev, &orb, CCWIO_FC_HALT));
	EXPECT_EQ(-ENODEV, request(dev, &orb, CCWIO_FC_START));
	EXPECT_EQ(-ENODEV, ccwio_command(dev, 0));
	EXPECT_EQ(-ENODEV, ret_code(dev, CCWIO_REGION_CMD));
	EXPECT_EQ(-EINVAL, raw_read(dev, CCWIO_REGION_SCHIB, 0, data, 53));
	EXPECT_EQ(-ENODEV, raw_read(dev, CCWIO_REGION_SCHIB, 6, data, 2));
	EXPECT_EQ(124, raw_read(dev, CCWIO_REGION_IO, 0, data, 124));
	EXPECT_EQ(0, ccwio_read_crw(dev, &word));
	EXPECT_EQ(0, word);
	EXPECT_EQ(0, ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_REQ,
					dev->event[CCWIO_IRQ_REQ]));
	EXPECT_EQ(0, set_irqs(dev, TRIGGER_NONE, CCWIO_IRQ_REQ, 0, 1, NULL,
			      0));
	EXPECT_EQ(1, has_event(dev->event[CCWIO_IRQ_REQ], 0));
}

struct remover {
	struct ccwio_dev *dev;
	void *mem;
	atomic_bool stop;
	unsigned long done, wrong;
};

/* Keeps its own list of mappings; the other thread has libccwio's */
static void *map_and_unmap(void *arg)
{
	struct remover *r = arg;
	struct ccwio_dev view = *r->dev;

	while (!r->stop) {
		view.nr_maps = 0;
		r->wrong += !!ccwio_map_memory(&view, r->mem, 0x70000000, 65536,
					       true);
		usleep(r->done % 7 * 100);
		view.nr_maps = 0;
		r->wrong += !!ccwio_unmap_memory(&view, 0x70000000, 65536);
		r->done++;
	}
	return NULL;
}

/* Started in memory that comes and goes: ended with that, or by a clear */
static int start_and_end(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	int ret = ccwio_start(dev, orb);
	struct ccwio_irb irb;

	if (ret)
		return ret;
	if (ccwio_answer(dev, 20, &irb) == 1)
		return 0;
	ret = ccwio_command(dev, CCWIO_CMD_CLEAR);
	if (ret && ret != -ENODEV)
		return ret;
	return ccwio_answer(dev, TIMEOUT_MS, &irb) == 1 ? 0 : -ETIMEDOUT;
}

/* Programs lose their memory all the time, and then their device */
TEST_F_TIMEOUT(lost, while_memory_is_unmapped, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct remover r = { .dev = dev };
	unsigned long i, started = 0;
	struct ccwio_orb orb;
	pthread_t thread;
	bool gone = false;
	int ret;

	r.mem = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		     MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_NE(MAP_FAILED, r.mem);
	ret = begin_orb(dev, "orb F P S H; sense-id 0x70000ff0 4096 cc sli;"
			"sense-id 0x7000f000 4096 cc sli; nop s sli", &orb);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, ccwio_reset(dev));
	ASSERT_EQ(0, pthread_create(&thread, NULL, map_and_unmap, &r));
	for (i = 0; i < 1000000 && ret != -ENODEV; i++) {
		/* It goes while the starts go on */
		if (started == 3 && !gone) {
			host("del %s", self->id);
			gone = true;
		}
		ret = start_and_end(dev, &orb);
		ASSERT_TRUE(!ret || ret == -ENODEV || ret == -EAGAIN)
			TH_LOG("start: %d", ret);
		started += !ret;
	}
	/* It goes on with a device that is not there */
	usleep(20000);
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(-ENODEV, ret);
	EXPECT_EQ(0, r.wrong);
	EXPECT_LE(3, started);
	EXPECT_EQ(self->pins, pins());
	TH_LOG("%lu starts, %lu unmaps", started, r.done);
}

TEST_HARNESS_MAIN
