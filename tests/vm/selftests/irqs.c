// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO_DEVICE_SET_IRQS in every form: what is allowed does what the interface
 * says, and everything else changes nothing. Eventfds that come and go while
 * they are signalled, and who holds them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define NR_IRQS 3
#define HEADER sizeof(struct vfio_irq_set)

/* Each index signals the eventfd in @event that it should, and nothing else */
static int attached(struct ccwio_dev *dev, const int event[NR_IRQS])
{
	int i, j;

	for (i = 0; i < NR_IRQS; i++)
		if (event[i] >= 0 && has_event(event[i], 0))
			return 0;
	for (i = 0; i < NR_IRQS; i++) {
		if (set_irqs(dev, TRIGGER_NONE, i, 0, 1, NULL, 0))
			return 0;
		for (j = 0; j < NR_IRQS; j++)
			if (event[j] >= 0 && has_event(event[j], 0) !=
			    (unsigned int)!(i - j))
				return 0;
	}
	return 1;
}

struct form {
	uint32_t data, action, index, start, count;
	int32_t fd;
};

/* What Documentation/uapi.rst says of it, in its words */
static bool is_allowed(const struct form *f)
{
	if (f->action != VFIO_IRQ_SET_ACTION_TRIGGER || f->index > 2 ||
	    f->start != 0 || f->count > 1)
		return false;
	return f->data == VFIO_IRQ_SET_DATA_NONE || f->count == 1;
}

static int ask(struct ccwio_dev *dev, const struct form *f)
{
	uint8_t yes[2] = { 1, 1 };
	int32_t fd[2] = { f->fd, f->fd };

	if (f->data == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_irqs(dev, f->data | f->action, f->index, f->start,
				f->count, fd, sizeof(fd));
	if (f->data == VFIO_IRQ_SET_DATA_BOOL)
		return set_irqs(dev, f->data | f->action, f->index, f->start,
				f->count, yes, sizeof(yes));
	return set_irqs(dev, f->data | f->action, f->index, f->start, f->count,
			NULL, 0);
}

/* What an allowed form has done; then all is as before */
static int is_done(struct ccwio_dev *dev, const struct form *f, int other)
{
	int event[NR_IRQS] = { dev->event[0], dev->event[1], dev->event[2] };

	if (f->data == VFIO_IRQ_SET_DATA_BOOL ||
	    (f->data == VFIO_IRQ_SET_DATA_NONE && f->count))
		return has_event(event[f->index], 0) == 1 &&
		       attached(dev, event);

	event[f->index] = f->data == VFIO_IRQ_SET_DATA_NONE ? -1 : f->fd;
	if (!attached(dev, event) || has_event(dev->event[f->index], 0) ||
	    (f->fd < 0 && has_event(other, 0)))
		return 0;
	return !ccwio_attach_event(dev, f->index, dev->event[f->index]);
}

/* All data, actions, indexes, starts and counts, and two kinds of fd */
TEST_F(device, every_form)
{
	static const uint32_t index[] = { 0, 1, 2, 3, UINT32_MAX };
	static const uint32_t start[] = { 0, 1, 2, UINT32_MAX };
	static const uint32_t count[] = { 0, 1, 2, UINT32_MAX };
	unsigned int data, action, i, s, c, v, allowed = 0, refused = 0;
	struct ccwio_dev *dev = &self->dev;
	int other = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct form f;

	for (v = 0; v < 3 * 3 * 5 * 4 * 4 * 2; v++) {
		data = v % 3;
		action = v / 3 % 3;
		i = v / 9 % 5;
		s = v / 45 % 4;
		c = v / 180 % 4;
		f = (struct form){
			.data = VFIO_IRQ_SET_DATA_NONE << data,
			.action = VFIO_IRQ_SET_ACTION_MASK << action,
			.index = index[i], .start = start[s], .count = count[c],
			.fd = v / 720 ? -1 : other,
		};
		if (is_allowed(&f)) {
			allowed++;
			ASSERT_EQ(0, ask(dev, &f));
			ASSERT_EQ(1, is_done(dev, &f, other));
			continue;
		}
		refused++;
		ASSERT_EQ(-EINVAL, ask(dev, &f))
			TH_LOG("data %x action %x index %x start %x count %x",
			       f.data, f.action, f.index, f.start, f.count);
		ASSERT_EQ(1, attached(dev, dev->event));
		ASSERT_EQ(0, has_event(other, 0));
	}
	/* Three indexes, four forms, and each of them once for each fd */
	EXPECT_EQ(3 * 4 * 2, allowed);
	EXPECT_EQ(1440 - allowed, refused);
	close(other);
}

/* One kind of data and one action, and no other bit */
TEST_F(device, flags)
{
	struct ccwio_dev *dev = &self->dev;
	int32_t fd = dev->event[0];
	uint32_t flags, bit;

	for (flags = 0; flags < 64; flags++) {
		if (flags == TRIGGER_NONE || flags == TRIGGER_BOOL ||
		    flags == TRIGGER_FD)
			continue;
		ASSERT_EQ(-EINVAL, set_irqs(dev, flags, 0, 0, 1, &fd, 4))
			TH_LOG("flags %x", flags);
	}
	for (bit = 64; bit; bit <<= 1)
		ASSERT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD | bit, 0, 0, 1, &fd,
					    4));
	EXPECT_EQ(1, attached(dev, dev->event));
}

TEST_F(device, size_of_the_argument)
{
	static const struct { uint32_t flags, needed; } form[] = {
		{ TRIGGER_NONE, HEADER }, { TRIGGER_BOOL, HEADER + 1 },
		{ TRIGGER_FD, HEADER + 4 },
	};
	struct ccwio_dev *dev = &self->dev;
	union {
		struct vfio_irq_set set;
		char room[64];
	} u = { .set = { .count = 1 } };
	uint32_t size;
	size_t i;

	for (i = 0; i < 3; i++) {
		for (size = 0; size < form[i].needed; size++) {
			u.set.argsz = size;
			u.set.flags = form[i].flags;
			memcpy(u.set.data, &dev->event[1], 4);
			EXPECT_EQ(-1, ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &u));
			EXPECT_EQ(EINVAL, errno);
		}
		EXPECT_EQ(1, attached(dev, dev->event));
	}
}

/* The argument ends before memory that nobody can read */
TEST_F(device, unreadable_argument)
{
	struct vfio_irq_set set = {
		.argsz = HEADER + 4, .flags = TRIGGER_FD, .count = 1,
	};
	struct ccwio_dev *dev = &self->dev;
	size_t size;
	char *page;

	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	for (size = 0; size < HEADER + 4; size++) {
		memcpy(page + 4096 - size, &set, size < HEADER ? size : HEADER);
		EXPECT_EQ(-1, ioctl(dev->fd, VFIO_DEVICE_SET_IRQS,
				    page + 4096 - size));
		EXPECT_EQ(EFAULT, errno);
	}
	set.flags = TRIGGER_BOOL;
	memcpy(page + 4096 - HEADER, &set, HEADER);
	EXPECT_EQ(-1, ioctl(dev->fd, VFIO_DEVICE_SET_IRQS,
			    page + 4096 - HEADER));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, attached(dev, dev->event));
	munmap(page, 8192);
}

TEST_F(device, wrong_fds)
{
	struct ccwio_dev *dev = &self->dev;
	int32_t fd[] = {
		-2, INT32_MIN, dup(dev->event[0]), 100000,
		open("/dev/null", O_RDWR | O_CLOEXEC),
		socket(AF_UNIX, SOCK_STREAM, 0), epoll_create1(EPOLL_CLOEXEC),
		dev->fd,
	};
	static const int error[] = {
		EINVAL, EINVAL, EBADF, EBADF, EINVAL, EINVAL, EINVAL, EINVAL,
	};
	unsigned int i, irq;

	close(fd[2]);
	for (i = 0; i < sizeof(error) / sizeof(error[0]); i++) {
		for (irq = 0; irq < NR_IRQS; irq++)
			EXPECT_EQ(-error[i], set_irqs(dev, TRIGGER_FD, irq, 0,
						      1, &fd[i], 4))
				TH_LOG("fd %u", i);
		EXPECT_EQ(1, attached(dev, dev->event));
	}
	for (i = 4; i < 7; i++)
		close(fd[i]);
	EXPECT_EQ(1, works(dev));
}

/* The old one keeps its count; what is queued is not told to the new one */
TEST_F(device, replaced_while_signalled)
{
	struct ccwio_dev *dev = &self->dev;
	int old = dev->event[0];
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin(dev, "nop sli"));
	ASSERT_EQ(1, signalled(old, TIMEOUT_MS));
	dev->event[0] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO, dev->event[0]));
	EXPECT_EQ(0, has_event(dev->event[0], 50));
	EXPECT_EQ(1, has_event(old, 0));
	/* The status is there all the same */
	EXPECT_EQ(-EBUSY, begin(dev, "nop sli"));
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
	close(old);
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, removed_while_in_use)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb = { 0 };
	int i;

	for (i = 0; i < 2; i++) {
		if (i)
			ASSERT_EQ(0, set_irqs(dev, TRIGGER_NONE, 0, 0, 0, NULL,
					      0));
		if (!i)
			ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO, -1));
		ASSERT_EQ(0, begin(dev, "nop sli"));
		EXPECT_EQ(0, has_event(dev->event[0], 50));
		ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
		EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
		ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO,
						dev->event[0]));
		EXPECT_EQ(1, works(dev));
	}
}

TEST_F(device, one_eventfd_for_all)
{
	struct ccwio_dev *dev = &self->dev;
	int fd = dev->event[0], i;

	for (i = 0; i < NR_IRQS; i++)
		ASSERT_EQ(0, ccwio_attach_event(dev, i, fd));
	for (i = 0; i < NR_IRQS; i++)
		ASSERT_EQ(0, set_irqs(dev, TRIGGER_NONE, i, 0, 1, NULL, 0));
	EXPECT_EQ(3, has_event(fd, 0));
	EXPECT_EQ(0, has_event(dev->event[1], 0));
	EXPECT_EQ(1, works(dev));
}

/* The kernel's number of an eventfd; the lowest free one is given out first */
static int eventfd_number(int fd)
{
	char path[64], line[128];
	int number = -1;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "eventfd-id: %d", &number) == 1)
			break;
	if (in)
		fclose(in);
	return number;
}

/* Attach an eventfd that only the driver holds; its number */
static int give_away(struct ccwio_dev *dev, unsigned int irq)
{
	int fd = eventfd(0, EFD_CLOEXEC), number = eventfd_number(fd);
	int ret = ccwio_attach_event(dev, irq, fd);

	close(fd);
	return ret ? ret : number;
}

/* Whether somebody still holds the eventfd with that number */
static bool is_held(int number)
{
	int fd[16], i, n = 0, fresh = -1;

	while (n < 16 && fresh < number) {
		fd[n] = eventfd(0, EFD_CLOEXEC);
		fresh = eventfd_number(fd[n++]);
	}
	for (i = 0; i < n; i++)
		close(fd[i]);
	return fresh != number;
}

/* Nothing holds an eventfd but the index that it is set for */
TEST_F(device, eventfds_are_let_go)
{
	struct ccwio_dev *dev = &self->dev;
	int irq, number, way;
	int32_t bad = -2;

	for (irq = 0; irq < NR_IRQS; irq++) {
		for (way = 0; way < 4; way++) {
			number = give_away(dev, irq);
			ASSERT_LE(0, number);
			EXPECT_TRUE(is_held(number));
			/* A request that is refused takes nothing away */
			EXPECT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD, irq, 0, 1,
						    &bad, 4));
			EXPECT_TRUE(is_held(number));
			if (way == 0)
				ASSERT_EQ(0, ccwio_attach_event(dev, irq, -1));
			if (way == 1)
				ASSERT_EQ(0, set_irqs(dev, TRIGGER_NONE, irq, 0,
						      0, NULL, 0));
			if (way == 2)
				ASSERT_EQ(0,
					  ccwio_attach_event(dev, irq,
							     dev->event[irq]));
			if (way == 3)
				ASSERT_EQ(0, ccwio_reset(dev));
			/* A reset leaves eventfds alone */
			EXPECT_EQ(way == 3, is_held(number))
				TH_LOG("irq %d way %d", irq, way);
		}
	}
}

TEST_F(device, close_lets_eventfds_go)
{
	struct ccwio_dev *dev = &self->dev;
	int irq, number;

	for (irq = 0; irq < NR_IRQS; irq++) {
		number = give_away(dev, irq);
		ASSERT_LE(0, number);
		EXPECT_TRUE(is_held(number));
		ccwio_close(dev);
		EXPECT_FALSE(is_held(number)) TH_LOG("irq %d", irq);
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
	}
}

struct worker {
	struct ccwio_dev *dev;
	atomic_bool *stop;
	unsigned long done, wrong;
};

static void *replace_all(void *arg)
{
	struct worker *w = arg;
	unsigned int irq;
	int fd;

	while (!*w->stop) {
		for (irq = 0; irq < NR_IRQS; irq++) {
			/* The driver's is the last reference, always */
			fd = eventfd(0, EFD_CLOEXEC);
			w->wrong += set_irqs(w->dev, TRIGGER_FD, irq, 0, 1, &fd,
					     4) != 0;
			close(fd);
		}
		if (++w->done % 3 == 0)
			w->wrong += set_irqs(w->dev, TRIGGER_NONE,
					     w->done % NR_IRQS, 0, 0, NULL,
					     0) != 0;
	}
	return NULL;
}

static void *signal_all(void *arg)
{
	struct worker *w = arg;

	while (!*w->stop)
		w->wrong += set_irqs(w->dev, TRIGGER_NONE, w->done++ % NR_IRQS,
				     0, 1, NULL, 0) != 0;
	return NULL;
}

/* Each of the three is replaced, signalled by the user and by the device */
TEST_F_TIMEOUT(device, replaced_against_signals, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(1000);
	atomic_bool stop = false;
	struct worker w[3] = {
		{ .dev = dev, .stop = &stop }, { .dev = dev, .stop = &stop },
		{ .dev = dev, .stop = &stop },
	};
	pthread_t thread[3];
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int t;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread[0], NULL, replace_all, &w[0]);
	pthread_create(&thread[1], NULL, replace_all, &w[1]);
	pthread_create(&thread[2], NULL, signal_all, &w[2]);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, start_and_read(dev, &orb));
	stop = true;
	for (t = 0; t < 3; t++) {
		pthread_join(thread[t], NULL);
		EXPECT_EQ(0, w[t].wrong);
		EXPECT_LT(0, w[t].done);
	}
	for (t = 0; t < NR_IRQS; t++)
		ASSERT_EQ(0, ccwio_attach_event(dev, t, dev->event[t]));
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
