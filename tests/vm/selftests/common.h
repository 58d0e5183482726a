/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the self-tests share: the devices of the test machine, and helpers that
 * say in one line what a test wants.
 */
#ifndef SELFTESTS_COMMON_H
#define SELFTESTS_COMMON_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vfio.h>
#include <linux/vfio_ccw.h>

#include "ccwio.h"
#include "inside.h"

/* The mdevs that the machine's script makes, and the devices behind them */
#define UUID_RNG	"11111111-0000-4000-8000-000000001111"
#define UUID_RNG2	"11111111-0000-4000-8000-000000001112"
#define UUID_RNG3	"11111111-0000-4000-8000-000000001113"
#define UUID_TERMINAL	"33333333-0000-4000-8000-00000000000a"
#define DEVNO_RNG	0x1111

/* Where to write a UUID; takes the name of a subchannel */
#define MDEV_CREATE \
	"/sys/bus/css/devices/%s/mdev_supported_types/vfio_ccw-io/create"

/* How long an answer may take; a debug kernel on a busy machine is slow */
#define TIMEOUT_MS	30000

/* ... and a device until its usual driver has set it up there */
#define PATIENCE_MS	60000

/* A program that stays in progress: it suspends at once */
#define SUSPENDING \
	"orb F P S H; buffer id 64 fill=0xee;" \
	"first: sense-id id 8 s sli; expect data id ee"

/*
 * The harness ends a test by alarm() after so many seconds as it needs on a machine
 * that has nothing else to do. On a busy one it gets four times that, but not more
 * than ten minutes: the machine itself is ended when no result comes for longer.
 */
unsigned int patient(unsigned int seconds);
#define alarm(seconds) alarm(patient(seconds))

/* loops - @n rounds, or fewer where the machine's script says so */
unsigned long loops(unsigned long n);

/*
 * keep - what mediated device @uuid may keep pinned between programs, which is
 * read at its next open; 0 or -errno. open_dev() sets it to $KEPT, or the default.
 */
int keep(const char *uuid, const char *pages);

/* let_kept_go - give up memory of this process, and wait until nothing is kept */
void let_kept_go(void);

/* pins - pages pinned now in the whole machine, once nothing is kept any more */
long pins(void);

/* pins_now - pages pinned now in the whole machine */
long pins_now(void);

/* pins_come_to - that is @wanted, now or within @ms; 1 if so */
int pins_come_to(long wanted, int ms);

/*
 * kept_by - what debugfs tells of pages that device @uuid keeps: how many there are,
 * and how many there have been since it was bound
 */
struct kept {
	unsigned int pages, pins, used, given_up, going;
	unsigned long found, added, notified, unmapped, unused, bound, memory;
	unsigned long ended;
};

struct kept kept_by(const char *uuid);

/*
 * accounted - pages that this process is charged for as locked or pinned, once
 * nothing is kept any more
 */
long accounted(void);

/*
 * end_what_is_left - kill the children of this process, and those of children
 * that have ended, and wait until they are gone. Done before each test, for
 * what one that ran out of time has left.
 */
void end_what_is_left(void);

/* empty - make the file @path empty, as a trace is cleared; 0 or -errno */
int empty(const char *path);

/* get - first line of the file @path; "" if there is none */
const char *get(const char *path);

/* subchannel - name of the subchannel that has, or should have, mdev @uuid */
const char *subchannel(const char *uuid);

/*
 * create_mdev - create @uuid on subchannel @sch, where one of that name, or the
 * only one there can be, may just be going; 0 or -errno
 */
int create_mdev(const char *sch, const char *uuid);

/* remove_mdev - the other way round; 0 or -errno */
int remove_mdev(const char *uuid);

/* restore - create the machine's mdevs that are not there; 0 or -errno */
int restore(void);

/* enabled - PMCW enabled bit of the subchannel, through the schib region */
int enabled(struct ccwio_dev *dev);

/* state_of - state of the device's state machine, from debugfs */
const char *state_of(const char *uuid);

/* becomes_state - that is @state, now or within @ms; 1 if so */
int becomes_state(const char *uuid, const char *state, int ms);

/* tell_state - what debugfs knows of the device, as comments */
void tell_state(const char *uuid);

/* raw_write, raw_read - at @offset of region @region; bytes or -errno */
long raw_write(struct ccwio_dev *dev, enum ccwio_region region,
	       uint64_t offset, const void *data, size_t size);
long raw_read(struct ccwio_dev *dev, enum ccwio_region region,
	      uint64_t offset, void *data, size_t size);

/* request - write the I/O region with @orb and function bits @scsw */
int request(struct ccwio_dev *dev, const struct ccwio_orb *orb,
	    uint32_t scsw);

/* Forms of SET_IRQS that are allowed; see set_irqs() */
#define TRIGGER_FD (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define TRIGGER_NONE (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define TRIGGER_BOOL (VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER)

/* set_irqs - VFIO_DEVICE_SET_IRQS with @size bytes of data; 0 or -errno */
int set_irqs(struct ccwio_dev *dev, uint32_t flags, uint32_t index,
	     uint32_t start, uint32_t count, const void *data, size_t size);

/* ret_code - of region @region */
int ret_code(struct ccwio_dev *dev, enum ccwio_region region);

/* try - run a program in text form; number of differences, told as comments */
int try(struct ccwio_dev *dev, const char *text);

/* begin - start a program in text form and leave it; 0 or -errno */
int begin(struct ccwio_dev *dev, const char *text);

/* begin_orb - the same; its ORB into @orb, where its first CCW is in ->cpa */
int begin_orb(struct ccwio_dev *dev, const char *text, struct ccwio_orb *orb);

/* suspended - the subchannel says so, now or within a second */
int suspended(struct ccwio_dev *dev);

/*
 * suspend - start a program that stays in progress; 0 or -errno. QEMU's
 * virtual channel suspends without an interruption.
 */
int suspend(struct ccwio_dev *dev, struct ccwio_orb *orb);

/*
 * suspend_with_memory - the same, with a page pinned for what it has done before:
 * nothing is pinned for a CCW that is yet to be resumed
 */
int suspend_with_memory(struct ccwio_dev *dev, struct ccwio_orb *orb);

#define PAGE	4096
#define ID	0xff		/* first byte that SENSE ID stores */

/* identify - SENSE ID, with room for @count bytes at @iova; 0, or what went wrong */
int identify(struct ccwio_dev *dev, uint64_t iova, unsigned int count);

/* works - SENSE ID gives what it should; 1 if so */
int works(struct ccwio_dev *dev);

/*
 * silent - no status has come, or is on its way; 1 if so. A device at rest runs a
 * NO-OPERATION, whose status has to be the first one; where that cannot be
 * started, because a program is in progress, no status may come within @ms.
 */
int silent(struct ccwio_dev *dev, int ms);

/*
 * start_and_read - start a program and read until it has ended, whoever is told
 * of that; 0 or -errno
 */
int start_and_read(struct ccwio_dev *dev, const struct ccwio_orb *orb);

/* has_event - an eventfd is signalled within @ms; its count or 0 */
uint64_t has_event(int fd, int ms);

/* signalled - an eventfd is signalled within @ms; its count stays */
int signalled(int fd, int ms);

/* has_iommufd - whether this machine's kernel has it */
int has_iommufd(void);

/* host - tell the program on the host to do something */
void host(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* host_did - the same, and wait until it is done; 0 or -errno */
int host_did(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* comes_to - @path exists as @wanted says, now or within @ms; 1 if so */
int comes_to(const char *path, int wanted, int ms);

/* becomes - first line of file @path is @text, now or within @ms; 1 if so */
int becomes(const char *path, const char *text, int ms);

/* bind_to - write @sch into @what (bind, unbind) of css driver @driver */
int bind_to(const char *driver, const char *what, const char *sch);

/*
 * take - have the driver bound to the subchannel of ccw device @device
 * (0.0.1112) and remember its name for subchannel(); 0 or -errno
 */
int take(const char *device);

/*
 * look_at - have the tests' own module look at subchannel @sch; 0 or -errno
 * manner - have that subchannel be "stubborn", "absent", "pathless", "unsure" or
 *	"silent", or not
 * pmcw - what the hardware says of it; 0 or -errno
 */
struct pmcw {
	int enabled;
	unsigned int intparm;
	int references;
};

int look_at(const char *sch);
int manner(const char *name, int on);
int pmcw(struct pmcw *pmcw);

/*
 * report_subchannel - have the kernel believe in a report that the parameters of
 * subchannel @sch were initialised; 0 or -errno
 */
int report_subchannel(const char *sch);

/* thread_state - of thread @tid of this process, as in /proc: 'D', 'S', ... */
char thread_state(int tid);

/*
 * open_dev - open @uuid; 0 or -errno, told as a comment. The first one in a
 * process waits for the user of an earlier test, who may have been killed.
 */
int open_dev(struct ccwio_dev *dev, const char *uuid,
	     enum ccwio_backend backend);

/* new_memory - @size bytes of this process that are there; NULL if there are none */
void *new_memory(size_t size);

/* The most runs of pages that a program may have */
#define MOST_RUNS	2048

/*
 * most_runs - write a program that has used as many when it is suspended at its
 * end, each of @pages pages, with a page between them, from @iova on; its first
 * CCW. It is one for an ORB of format 1 with 4K format-2 IDAWs.
 */
uint32_t most_runs(struct ccwio_dev *dev, uint64_t iova, unsigned int pages);

/* A page that is not there: whoever touches it waits until it is supplied */
struct absent {
	void *mem;
	int fd;
};

/* make_absent - one page, with nothing in it; 0 or -errno */
int make_absent(struct absent *page);

/* is_awaited - somebody waits for the page now or within TIMEOUT_MS; 1 if so */
int is_awaited(struct absent *page);

/* supply - let those go on who wait for the page; 0 or -errno */
int supply(struct absent *page);

/*
 * An address space that changes all the time: threads, or processes that share it,
 * walk the page tables of a large area for pages to give up. They are more than
 * there are processors: there is always one that was interrupted in the middle.
 */
#define WALKERS	8

struct walk {
	uint8_t *area;
	atomic_ulong rounds;
	atomic_bool go;
};

/* begin_walk - make the area; 0 or -errno */
int begin_walk(struct walk *walk);

/* walk_on - what each of those does with its struct walk; does not return */
int walk_on(void *walk);

/*
 * leave_changing - for a child: open mediated device @uuid, close it, and have an
 * address space that changes all the time since before the close. Writes 0 or
 * -errno to @told then, and does not return.
 */
void leave_changing(const char *uuid, enum ccwio_backend backend, int told);

#endif /* SELFTESTS_COMMON_H */
