// SPDX-License-Identifier: GPL-2.0
/*
 * Administration: the mdev type, creating and removing, binding and unbinding,
 * loading and unloading, in the order that is meant and in others.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <time.h>

#include "common.h"
#include "kselftest_harness.h"

#define UUID_OTHER "99999999-0000-4000-8000-000000000009"

/* Where the test's own module takes what it is to refer to */
#define HOLD "/sys/module/kobject_hold/parameters/path"

/* Where another one takes the subchannels that shall be taken for QDIO's */
#define QDIO "/sys/module/qdio_mark/parameters/"

FIXTURE(mdev) {
	char sch[64];
	char type[PATH_MAX];
	struct ccwio_dev dev;
	bool open;
};

FIXTURE_SETUP(mdev)
{
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG));
	ASSERT_NE('\0', self->sch[0]);
	snprintf(self->type, sizeof(self->type),
		 "/sys/bus/css/devices/%s/mdev_supported_types/vfio_ccw-io",
		 self->sch);
}

FIXTURE_TEARDOWN(mdev)
{
	if (self->open)
		ccwio_close(&self->dev);
	EXPECT_EQ(0, restore());
}

static const char *attribute(const char *dir, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return get(path);
}

static int create(const char *type, const char *uuid)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/create", type);
	return put(path, uuid);
}

static int module_call(int load)
{
	return system(load ? "modprobe vfio_ccw" : "rmmod vfio_ccw");
}

TEST_F(mdev, type)
{
	EXPECT_EQ(0, strcmp("vfio-ccw", attribute(self->type, "device_api")));
	EXPECT_EQ(0, strcmp("0", attribute(self->type,
					   "available_instances")));
	EXPECT_NE('\0', attribute(self->type, "name")[0]);
}

TEST_F_TIMEOUT(mdev, only_one_for_each_subchannel, 60)
{
	char available[PATH_MAX + 64];

	EXPECT_EQ(-EUSERS, create(self->type, UUID_OTHER));
	EXPECT_EQ(-1, access("/sys/bus/mdev/devices/" UUID_OTHER, F_OK));
	ASSERT_EQ(0, remove_mdev(UUID_RNG));
	snprintf(available, sizeof(available), "%s/available_instances",
		 self->type);
	EXPECT_EQ(1, becomes(available, "1", PATIENCE_MS));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_OTHER));
	EXPECT_EQ(-EUSERS, create(self->type, UUID_RNG));
	ASSERT_EQ(0, remove_mdev(UUID_OTHER));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
}

TEST_F_TIMEOUT(mdev, wrong_uuids, 60)
{
	char second[PATH_MAX];

	EXPECT_EQ(-EINVAL, create(self->type, "this-is-none"));
	EXPECT_EQ(-ENOENT, remove_mdev(UUID_OTHER));
	/* One that another subchannel has */
	ASSERT_EQ(0, remove_mdev(UUID_RNG));
	EXPECT_EQ(-EEXIST, create(self->type, UUID_RNG2));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
	snprintf(second, sizeof(second), "/sys/bus/mdev/devices/%s",
		 UUID_RNG2);
	EXPECT_EQ(0, access(second, F_OK));
}

/* Whether the subchannel itself is enabled, stored by the test's own module */
static int is_enabled(const char *sch)
{
	char path[PATH_MAX];
	int ret;

	if (access(QDIO, F_OK) && system("insmod hold/qdio_mark.ko"))
		return -ENOEXEC;
	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s", sch);
	ret = put(QDIO "look", path);
	if (ret)
		return ret;
	return *get(QDIO "look") == 'Y';
}

/* While nobody has it open, the subchannel is disabled: before, after, unbound */
TEST_F(mdev, enabled_only_while_open)
{
	struct ccwio_orb orb;
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, is_enabled(self->sch));
		ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
		self->open = true;
		EXPECT_EQ(1, is_enabled(self->sch));
		EXPECT_EQ(1, enabled(&self->dev));
		EXPECT_EQ(1, works(&self->dev));
		/* The second time a program is in progress */
		if (i)
			ASSERT_EQ(0, suspend(&self->dev, &orb));
		ccwio_close(&self->dev);
		self->open = false;
		EXPECT_EQ(0, is_enabled(self->sch));
	}
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	EXPECT_EQ(0, is_enabled(self->sch));
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	EXPECT_EQ(0, is_enabled(self->sch));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
}

struct removal {
	const char *uuid;
	bool unload;
	char sch[64];
	atomic_int tid, done;
	int ret;
};

static void *remove_it(void *arg)
{
	struct removal *r = arg;

	r->tid = syscall(SYS_gettid);
	r->ret = r->unload ? module_call(0) :
		 r->uuid ? remove_mdev(r->uuid) :
			   bind_to("vfio_ccw", "unbind", r->sch);
	r->done = 1;
	return NULL;
}

/* Removal asks, asks again, and waits; meanwhile the device works */
TEST_F_TIMEOUT(mdev, removal_waits_for_the_user, 60)
{
	struct removal r = { .uuid = UUID_RNG };
	pthread_t thread;

	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	pthread_create(&thread, NULL, remove_it, &r);
	EXPECT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], 3000));
	EXPECT_EQ(1, works(&self->dev));
	EXPECT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], 13000));
	EXPECT_EQ(0, r.done);
	ccwio_close(&self->dev);
	self->open = false;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.ret);
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
}

/* The same for the whole subchannel, while a program is in progress */
TEST_F_TIMEOUT(mdev, unbinding_waits_for_the_user, 60)
{
	struct removal r = { 0 };
	struct ccwio_orb orb;
	pthread_t thread;

	snprintf(r.sch, sizeof(r.sch), "%s", self->sch);
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	ASSERT_EQ(0, suspend(&self->dev, &orb));
	pthread_create(&thread, NULL, remove_it, &r);
	EXPECT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], 3000));
	usleep(100000);
	EXPECT_EQ(0, r.done);
	ccwio_close(&self->dev);
	self->open = false;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.ret);
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
	EXPECT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F_TIMEOUT(mdev, create_and_remove_many_times, 120)
{
	unsigned long i, n = loops(100);

	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, remove_mdev(UUID_RNG));
		ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
	}
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F_TIMEOUT(mdev, bind_and_unbind_many_times, 120)
{
	unsigned long i, n = loops(60);

	for (i = 0; i < n; i++) {
		/* With the mdev there, and without */
		ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
		ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
		if (i % 2)
			continue;
		ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
		if (i % 8)
			continue;
		ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
		EXPECT_EQ(1, works(&self->dev));
		ccwio_close(&self->dev);
	}
	if (access("/sys/bus/mdev/devices/" UUID_RNG, F_OK))
		ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
}

/* Have the test's own module refer to what folder @path is; 0 or -errno */
static int hold(const char *path)
{
	if (access(HOLD, F_OK) && system("insmod hold/kobject_hold.ko"))
		return -ENOEXEC;
	return put(HOLD, path);
}

/*
 * Unbind while somebody refers to @path. Nobody has to wait for that: what is
 * behind it stays for as long as it is referred to, and then goes by itself.
 */
static void unbind_held(struct __test_metadata *_metadata, const char *sch,
			const char *path)
{
	ASSERT_EQ(0, hold(path));
	EXPECT_EQ(0, bind_to("vfio_ccw", "unbind", sch));
	EXPECT_EQ(0, bind_to("vfio_ccw", "bind", sch));
	/* Both are there, the old one and the new one */
	usleep(200000);
	EXPECT_EQ(0, hold("\n"));
	EXPECT_EQ(0, create_mdev(sch, UUID_RNG));
	EXPECT_EQ(0, remove_mdev(UUID_RNG));
}

/* As somebody may who looked the device up and is slow to let go of it */
TEST_F_TIMEOUT(mdev, device_referred_to_while_unbinding, 60)
{
	unbind_held(_metadata, self->sch, "/sys/bus/mdev/devices/" UUID_RNG);
}

TEST_F_TIMEOUT(mdev, type_referred_to_while_unbinding, 60)
{
	unbind_held(_metadata, self->sch, self->type);
}

/* Its memory stays until then, and so does the code that frees it */
TEST_F_TIMEOUT(mdev, vfio_device_referred_to_while_unloading, 60)
{
	char path[] = "/sys/bus/mdev/devices/" UUID_RNG "/vfio-dev";
	struct dirent *entry;
	pthread_t thread;
	struct removal r = { .unload = true };
	char name[PATH_MAX];
	DIR *dir;

	dir = opendir(path);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	ASSERT_NE(NULL, entry);
	snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
	closedir(dir);
	ASSERT_EQ(0, hold(name));
	pthread_create(&thread, NULL, remove_it, &r);
	usleep(1000000);
	EXPECT_EQ(0, r.done);
	EXPECT_EQ(0, hold("\n"));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.ret);
	EXPECT_EQ(0, module_call(1));
}

/* A user that has closed everything, and changes its address space ever since */
TEST_F_TIMEOUT(mdev, unloading_while_an_address_space_changes, 120)
{
	struct removal r = { .unload = true };
	int pipe_fd[2], status, ms, ret = -1;
	pthread_t thread;
	pid_t child;

	ASSERT_EQ(0, pipe(pipe_fd));
	child = fork();
	if (!child)
		leave_changing(UUID_RNG, CCWIO_TYPE1, pipe_fd[1]);
	ASSERT_LT(0, child);
	EXPECT_EQ(sizeof(ret), read(pipe_fd[0], &ret, sizeof(ret)));
	EXPECT_EQ(0, ret);
	pthread_create(&thread, NULL, remove_it, &r);
	for (ms = 0; !r.done && ms < 20000; ms += 10)
		usleep(10000);
	EXPECT_EQ(1, r.done);
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.ret);
	EXPECT_EQ(0, module_call(1));
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

/* Open files of sysfs outlive what they are of, and then say so */
TEST_F(mdev, sysfs_files_open_while_unbinding)
{
	static const char * const names[] = {
		"create", "name", "device_api", "available_instances",
	};
	char path[PATH_MAX + 64], text[64];
	int fd[5], i;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", self->type, names[i]);
		fd[i] = open(path, (i ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
		ASSERT_LE(0, fd[i]);
	}
	fd[4] = open("/sys/bus/mdev/devices/" UUID_RNG "/remove",
		     O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd[4]);
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	EXPECT_EQ(-1, write(fd[0], UUID_RNG, strlen(UUID_RNG)));
	EXPECT_EQ(ENODEV, errno);
	for (i = 1; i < 4; i++) {
		EXPECT_EQ(-1, read(fd[i], text, sizeof(text)));
		EXPECT_EQ(ENODEV, errno);
	}
	EXPECT_EQ(-1, write(fd[4], "1", 1));
	EXPECT_EQ(ENODEV, errno);
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	for (i = 0; i < 5; i++)
		close(fd[i]);
}

/* A descriptor of the device that no back end is attached to; -errno */
static int open_unattached(const char *uuid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int fd = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vfio-dev", uuid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s",
			 entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	if (dir)
		closedir(dir);
	return fd;
}

/*
 * Two wait for a user of whom the driver knows nothing: one removes the mediated
 * device, the other unbinds the subchannel. Neither sleeps in a way that counts
 * as hung.
 */
TEST_F_TIMEOUT(mdev, unbinding_waits_for_a_removal, 60)
{
	struct removal first = { .uuid = UUID_RNG }, second = { 0 };
	pthread_t thread[2];
	int fd, i, hung = 0;

	fd = open_unattached(UUID_RNG);
	ASSERT_LE(0, fd);
	snprintf(second.sch, sizeof(second.sch), "%s", self->sch);
	pthread_create(&thread[0], NULL, remove_it, &first);
	usleep(300000);
	pthread_create(&thread[1], NULL, remove_it, &second);
	usleep(300000);
	for (i = 0; i < 50; i++, usleep(10000)) {
		hung += thread_state(first.tid) == 'D';
		hung += thread_state(second.tid) == 'D';
	}
	EXPECT_GT(5, hung);
	EXPECT_EQ(0, first.done);
	EXPECT_EQ(0, second.done);
	close(fd);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	EXPECT_EQ(0, first.ret);
	EXPECT_EQ(0, second.ret);
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
}

struct toucher {
	atomic_bool stop;
	enum ccwio_backend backend;
	unsigned long opened;
};

static void *open_and_close(void *arg)
{
	struct toucher *t = arg;
	struct ccwio_options options = {
		.uuid = UUID_RNG, .backend = t->backend,
	};
	struct ccwio_dev dev;

	while (!t->stop) {
		if (!ccwio_open(&dev, &options))
			t->opened++;
		ccwio_close(&dev);
	}
	return NULL;
}

TEST_F_TIMEOUT(mdev, create_and_remove_against_open, 120)
{
	unsigned long i, n = loops(100);
	struct toucher t = {
		.backend = has_iommufd() ? CCWIO_IOMMUFD : CCWIO_TYPE1,
	};
	pthread_t thread;

	pthread_create(&thread, NULL, open_and_close, &t);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, remove_mdev(UUID_RNG));
		ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
		usleep(2000);
	}
	t.stop = true;
	pthread_join(thread, NULL);
	TH_LOG("%lu times open", t.opened);
	EXPECT_LT(0, t.opened);
}

/* In use, the module stays */
TEST_F(mdev, module_in_use)
{
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "vfio_ccw", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(1, works(&self->dev));
}

/* Each cycle finds the subchannels bound by their driver_override again */
TEST_F_TIMEOUT(mdev, load_and_unload, 300)
{
	const unsigned long rounds = loops(100);
	char path[PATH_MAX];
	unsigned long i;

	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s/driver",
		 self->sch);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, module_call(0));
		ASSERT_NE(0, access(path, F_OK));
		/* Nobody asks a module for memory that is not there any more */
		ASSERT_EQ(0, put("/proc/sys/vm/drop_caches", "2"));
		ASSERT_EQ(0, module_call(1));
		ASSERT_EQ(0, access(path, F_OK));
		if (i % 10)
			continue;
		ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
		ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
		EXPECT_EQ(1, works(&self->dev));
		ccwio_close(&self->dev);
	}
	TH_LOG("%lu rounds", rounds);
}

/* How often the kernel's log has @text */
static unsigned int told(const char *text)
{
	static char log[1 << 20];
	unsigned int n = 0;
	const char *at;
	int size;

	size = klogctl(3, log, sizeof(log) - 1);
	log[size < 0 ? 0 : size] = '\0';
	for (at = strstr(log, text); at; at = strstr(at + 1, text))
		n++;
	return n;
}

/*
 * Refused when it is bound, with a sentence in the log, and left as it was: bound again
 * without the mark
 */
TEST_F(mdev, qdio_subchannel)
{
	static const char text[] = ": QDIO subchannels are not supported\n";
	unsigned int before = told(text);
	char path[PATH_MAX];

	if (access(QDIO, F_OK))
		ASSERT_EQ(0, system("insmod hold/qdio_mark.ko"));
	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s", self->sch);
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	ASSERT_EQ(0, put(QDIO "mark", path));
	EXPECT_EQ(-ENODEV, bind_to("vfio_ccw", "bind", self->sch));
	EXPECT_EQ(before + 1, told(text));
	EXPECT_NE(0, access(self->type, F_OK));
	ASSERT_EQ(0, put(QDIO "unmark", path));
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

TEST_HARNESS_MAIN
