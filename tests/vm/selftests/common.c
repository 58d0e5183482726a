// SPDX-License-Identifier: GPL-2.0
/*
 * What the self-tests share; see common.h for what each function does.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "common.h"
#include "kselftest.h"

unsigned long loops(unsigned long n)
{
	const char *text = getenv("LOOPS_PERCENT");
	unsigned long percent = text ? strtoul(text, NULL, 10) : 100;

	return n * percent / 100 ? n * percent / 100 : 1;
}

/* Where nothing has been prepared there is nothing to test */
static __attribute__((constructor)) void be_prepared(void)
{
	if (getenv("SCH_1111") || access("prepare.sh", F_OK))
		return;
	puts("TAP version 13\n1..0 # SKIP prepare.sh has not been read");
	exit(KSFT_SKIP);
}

unsigned int patient(unsigned int seconds)
{
	return seconds > 600 ? seconds : seconds > 150 ? 600 : 4 * seconds;
}

/* The process that runs the tests, one after the other, in processes of theirs */
static pid_t harness;

/* A process whose parent is @parent, or 0 */
static pid_t child_of(pid_t parent)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300];
	pid_t found = 0;
	int ppid;
	FILE *in;

	while (proc && !found && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		in = atoi(entry->d_name) ? fopen(path, "re") : NULL;
		if (!in)
			continue;
		if (fscanf(in, "%*d (%*[^)]) %*c %d", &ppid) == 1 &&
		    ppid == parent)
			found = atoi(entry->d_name);
		fclose(in);
	}
	if (proc)
		closedir(proc);
	return found;
}

void end_what_is_left(void)
{
	pid_t child;

	while ((child = child_of(getpid()))) {
		kill(child, SIGKILL);
		/* It is gone when it has closed all that it had open */
		waitpid(child, NULL, 0);
	}
}

/* Before a test begins */
static void before_fork(void)
{
	if (getpid() == harness)
		end_what_is_left();
}

__attribute__((constructor)) static void begin_tests(void)
{
	harness = getpid();
	/* What a test that is stopped has started becomes this process's */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pthread_atfork(before_fork, NULL, NULL);
}

int empty(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

const char *get(const char *path)
{
	static char line[4096];
	FILE *in = fopen(path, "re");

	line[0] = '\0';
	if (in && fgets(line, sizeof(line), in))
		line[strcspn(line, "\n")] = '\0';
	if (in)
		fclose(in);
	return line;
}

static const char * const uuids[] = {
	UUID_RNG, UUID_RNG2, UUID_RNG3, UUID_TERMINAL,
};

/* Is something kept that no program uses, or on its way to be unpinned? */
static int something_kept(const char *uuid)
{
	unsigned int n, used, given_up, going;
	char path[PATH_MAX], line[128];
	int kept = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/kept", uuid);
	in = fopen(path, "re");
	if (!in)
		return 0;
	while (fgets(line, sizeof(line), in))
		if (sscanf(line, "pins: %u used %u given up %u going %u", &n,
			   &used, &given_up, &going) == 4)
			kept = n != used || going;
	fclose(in);
	return kept;
}

void let_kept_go(void)
{
	void *mem = new_memory(4096);
	unsigned int i, ms;

	munmap(mem, 4096);
	for (i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++)
		for (ms = 0; ms < TIMEOUT_MS && something_kept(uuids[i]); ms++)
			usleep(1000);
}

long pins(void)
{
	let_kept_go();
	return pins_now();
}

long pins_now(void)
{
	char name[64];
	long value, sum = 0;
	FILE *in;

	/* Folds what each CPU has counted on its own */
	put("/proc/sys/vm/stat_refresh", "1");
	in = fopen("/proc/vmstat", "re");
	if (!in)
		return -errno;
	while (fscanf(in, "%63s %ld", name, &value) == 2) {
		if (!strcmp(name, "nr_foll_pin_acquired"))
			sum += value;
		if (!strcmp(name, "nr_foll_pin_released"))
			sum -= value;
	}
	fclose(in);
	return sum;
}

int pins_come_to(long wanted, int ms)
{
	for (; ms > 0 && pins_now() != wanted; ms -= 10)
		usleep(10000);
	return pins_now() == wanted;
}

struct kept kept_by(const char *uuid)
{
	static const struct { const char *format; size_t at; } value[] = {
		{ "pages found: %lu", offsetof(struct kept, found) },
		{ "pages added: %lu", offsetof(struct kept, added) },
		{ "pages given up by the user: %lu",
		  offsetof(struct kept, notified) },
		{ "pages unmapped: %lu", offsetof(struct kept, unmapped) },
		{ "pages not used for a second: %lu",
		  offsetof(struct kept, unused) },
		{ "pages oldest at a bound: %lu", offsetof(struct kept, bound) },
		{ "pages short of memory: %lu", offsetof(struct kept, memory) },
		{ "pages closed, reset or lost: %lu",
		  offsetof(struct kept, ended) },
	};
#define NR_VALUES (sizeof(value) / sizeof(value[0]))
	char path[PATH_MAX], line[128];
	struct kept kept = { 0 };
	size_t i, known = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/kept", uuid);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in)) {
		known += sscanf(line, "pages: %u", &kept.pages) == 1;
		known += sscanf(line, "pins: %u used %u given up %u going %u",
				&kept.pins, &kept.used, &kept.given_up,
				&kept.going) == 4;
		for (i = 0; i < NR_VALUES; i++)
			known += sscanf(line, value[i].format, (unsigned long *)
					((char *)&kept + value[i].at)) == 1;
	}
	if (in)
		fclose(in);
	if (known != NR_VALUES + 2)
		printf("# not all is told in %s\n", path);
	return kept;
}

long accounted(void)
{
	let_kept_go();
	return locked_memory() / sysconf(_SC_PAGESIZE);
}

/*
 * The machine's script names them SCH_1111 and so on, by device number; one
 * that was plugged again may have moved since.
 */
const char *subchannel(const char *uuid)
{
	static char parent[PATH_MAX];
	char path[PATH_MAX], name[16];
	const char *sch;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", uuid);
	if (realpath(path, parent)) {
		*strrchr(parent, '/') = '\0';
		return strrchr(parent, '/') + 1;
	}
	snprintf(name, sizeof(name), "SCH_%s", uuid + strlen(uuid) - 4);
	sch = getenv(name);
	return sch ? sch : "";
}

int create_mdev(const char *sch, const char *uuid)
{
	char path[PATH_MAX];
	int ret, ms;

	snprintf(path, sizeof(path), MDEV_CREATE, sch);
	for (ms = 0; ms < PATIENCE_MS; ms += 20) {
		ret = put(path, uuid);
		if (ret != -EEXIST && ret != -EUSERS)
			break;
		usleep(20000);
	}
	return ret;
}

int remove_mdev(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", uuid);
	return put(path, "1");
}

int restore(void)
{
	char path[PATH_MAX];
	size_t i;
	int ret;

	for (i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
		snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s",
			 uuids[i]);
		if (!*subchannel(uuids[i]) || !access(path, F_OK))
			continue;
		ret = create_mdev(subchannel(uuids[i]), uuids[i]);
		if (ret)
			return ret;
	}
	return 0;
}

int enabled(struct ccwio_dev *dev)
{
	uint8_t schib[52];
	int ret = ccwio_read_schib(dev, schib);

	return ret ? ret : !!(schib[5] & 0x80);
}

const char *state_of(const char *uuid)
{
	static char state[32];
	char path[PATH_MAX], line[200];
	FILE *in;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/state",
		 uuid);
	in = fopen(path, "re");
	state[0] = '\0';
	while (in && fgets(line, sizeof(line), in))
		sscanf(line, "state: %31s", state);
	if (in)
		fclose(in);
	return state;
}

int becomes_state(const char *uuid, const char *state, int ms)
{
	for (; ms >= 0; ms -= 10) {
		if (!strcmp(state_of(uuid), state))
			return 1;
		usleep(10000);
	}
	printf("# the state is %s\n", state_of(uuid));
	return 0;
}

void tell_state(const char *uuid)
{
	static const char * const files[] = { "state", "events" };
	char path[PATH_MAX], line[200];
	FILE *in;
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path),
			 "/sys/kernel/debug/vfio/%s/ccw/%s", uuid, files[i]);
		in = fopen(path, "re");
		while (in && fgets(line, sizeof(line), in))
			printf("# %s", line);
		if (in)
			fclose(in);
	}
}

long raw_write(struct ccwio_dev *dev, enum ccwio_region region,
	       uint64_t offset, const void *data, size_t size)
{
	long ret = pwrite(dev->fd, data, size, dev->offset[region] + offset);

	return ret < 0 ? -errno : ret;
}

long raw_read(struct ccwio_dev *dev, enum ccwio_region region,
	      uint64_t offset, void *data, size_t size)
{
	long ret = pread(dev->fd, data, size, dev->offset[region] + offset);

	return ret < 0 ? -errno : ret;
}

int request(struct ccwio_dev *dev, const struct ccwio_orb *orb,
	    uint32_t scsw)
{
	struct ccw_io_region region = { 0 };
	uint32_t words[3] = {
		htobe32(orb->intparm), htobe32(orb->ctl), htobe32(orb->cpa),
	};
	long ret;

	scsw = htobe32(scsw);
	memcpy(region.orb_area, words, sizeof(words));
	memcpy(region.scsw_area, &scsw, sizeof(scsw));
	ret = raw_write(dev, CCWIO_REGION_IO, 0, &region, sizeof(region));
	return ret == sizeof(region) ? 0 : ret;
}

int set_irqs(struct ccwio_dev *dev, uint32_t flags, uint32_t index,
	     uint32_t start, uint32_t count, const void *data, size_t size)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + 16];
	} u = {
		.set = {
			.argsz = sizeof(struct vfio_irq_set) + size,
			.flags = flags, .index = index, .start = start,
			.count = count,
		},
	};

	if (size)
		memcpy(u.set.data, data, size);
	return ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &u.set) ? -errno : 0;
}

int ret_code(struct ccwio_dev *dev, enum ccwio_region region)
{
	int32_t code = INT_MIN;

	raw_read(dev, region, region == CCWIO_REGION_IO ? 120 : 4, &code,
		 sizeof(code));
	return code;
}

/* What libccwio tells becomes comments in the results */
static void comment(const char *text)
{
	const char *end;

	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		printf("# %.*s\n", (int)(end - text), text);
	}
}

static int answer(struct ccwio_dev *dev, struct ccwio_irb *irb)
{
	int ret;

	do {
		ret = ccwio_answer(dev, TIMEOUT_MS, irb);
	} while (ret > 0 && ccwio_is_intermediate(irb) &&
		 !(irb->scsw.ctl & CCWIO_AC_SUSP));
	return ret;
}

int try(struct ccwio_dev *dev, const char *text)
{
	struct ccwio_program *program = ccwio_assemble(dev, text);
	struct ccwio_irb irb = { 0 };
	int ret, differences = 1;
	char *words = NULL;
	size_t size;
	FILE *out;

	out = open_memstream(&words, &size);
	if (ccwio_program_error(program)) {
		fprintf(out, "%s\n", ccwio_program_error(program));
	} else {
		ret = ccwio_start(dev, ccwio_program_orb(program));
		if (!ret && answer(dev, &irb) <= 0)
			fprintf(out, "no answer came\n");
		else
			differences = ccwio_program_check(out, dev, program,
							  ret, &irb);
		if (differences)
			ccwio_print_program(out, dev, program);
		if (differences && !ret)
			ccwio_print_irb(out, &irb);
	}
	fclose(out);
	comment(words);
	free(words);
	ccwio_free_program(program);
	return differences;
}

int begin_orb(struct ccwio_dev *dev, const char *text, struct ccwio_orb *orb)
{
	struct ccwio_program *program = ccwio_assemble(dev, text);
	int ret;

	if (ccwio_program_error(program)) {
		comment(ccwio_program_error(program));
		ret = -ENOEXEC;
	} else {
		*orb = *ccwio_program_orb(program);
		ret = ccwio_start(dev, orb);
	}
	ccwio_free_program(program);
	return ret;
}

int begin(struct ccwio_dev *dev, const char *text)
{
	struct ccwio_orb orb;

	return begin_orb(dev, text, &orb);
}

int start_and_read(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	int i, ret = ccwio_start(dev, orb);
	struct ccwio_irb irb;

	for (i = 0; !ret && i < 100000; i++) {
		ret = ccwio_read_irb(dev, &irb);
		if (!ret && irb.scsw.ctl & CCWIO_SC_PEND)
			return 0;
		usleep(100);
	}
	return ret ? ret : -ETIMEDOUT;
}

int suspended(struct ccwio_dev *dev)
{
	uint8_t schib[52];
	int i;

	for (i = 0; i < 1000; i++) {
		if (ccwio_read_schib(dev, schib))
			return 0;
		/* SCSW word 0, start function and suspended */
		if (schib[30] & 0x40 && schib[31] & CCWIO_AC_SUSP)
			return 1;
		usleep(1000);
	}
	return 0;
}

int suspend(struct ccwio_dev *dev, struct ccwio_orb *orb)
{
	int ret = begin_orb(dev, SUSPENDING, orb);

	return ret ? ret : suspended(dev) ? 0 : -ETIMEDOUT;
}

int suspend_with_memory(struct ccwio_dev *dev, struct ccwio_orb *orb)
{
	int ret = begin_orb(dev, "orb F P S H; buffer id 64;"
			    "sense-id id 8 cc sli; nop s sli", orb);

	return ret ? ret : suspended(dev) ? 0 : -ETIMEDOUT;
}

int identify(struct ccwio_dev *dev, uint64_t iova, unsigned int count)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
		.cpa = CCWIO_BASE,
	};
	struct ccwio_irb irb;
	int ret;

	ccwio_put_ccw(dev, orb.cpa, 1, 0xe4, iova, count, CCWIO_SLI);
	do {
		ret = ccwio_start(dev, &orb);
	} while (ret == -EAGAIN || ret == -EBUSY);
	if (ret)
		return ret;
	if (ccwio_answer(dev, TIMEOUT_MS, &irb) != 1)
		return -ETIMEDOUT;
	return irb.scsw.sch ? -EIO : 0;
}

int works(struct ccwio_dev *dev)
{
	return !try(dev, "buffer id 64 fill=0xee; first: sense-id id 32 sli;"
			 "expect dev ce+de; expect sch none;"
			 "expect cpa first+8; expect data id ff");
}

int silent(struct ccwio_dev *dev, int ms)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
		.cpa = dev->next,
	};
	struct ccwio_irb irb = { 0 };

	if (ccwio_wait(dev, 0, &irb))
		return 0;
	if (!ms || !dev->nr_maps || !ccwio_mem(dev, orb.cpa + 7))
		return ccwio_wait(dev, ms, &irb) == 0;
	/* Status comes in order: what is on its way comes before that of a NOP */
	ccwio_put_ccw(dev, orb.cpa, 1, 0x03, 0, 1, CCWIO_SLI);
	if (ccwio_start(dev, &orb))
		return ccwio_wait(dev, ms, &irb) == 0;
	if (ccwio_wait(dev, TIMEOUT_MS, &irb) == 1 &&
	    irb.scsw.ctl & CCWIO_FC_START && irb.scsw.cpa == orb.cpa + 8 &&
	    irb.scsw.dev == (CCWIO_DEV_CE | CCWIO_DEV_DE) && !irb.scsw.sch)
		return 1;
	printf("# status: %08x cpa %08x %02x/%02x\n", irb.scsw.ctl,
	       irb.scsw.cpa, irb.scsw.dev, irb.scsw.sch);
	return 0;
}

uint64_t has_event(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	uint64_t count = 0;

	if (poll(&poll_fd, 1, ms) == 1 &&
	    read(fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	return count;
}

int signalled(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, ms) == 1;
}

int has_iommufd(void)
{
	return access("/dev/iommu", F_OK) == 0;
}

/* Where nobody is there to do @text, there is nothing to test */
static void need_host(const char *text)
{
	if (getenv("VM_CTL"))
		return;
	printf("# skipped: nobody outside is there to do: %s\n", text);
	fflush(stdout);
	_exit(KSFT_SKIP);
}

void host(const char *format, ...)
{
	char text[200];
	va_list ap;
	int fd;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	need_host(text);
	fd = tell_host(text);
	if (fd < 0)
		printf("# the host cannot be told: %s\n", text);
	else
		close(fd);
}

int host_did(const char *format, ...)
{
	char text[200], answer[200] = "nothing";
	va_list ap;
	int ret;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	need_host(text);
	ret = ask_host(text, PATIENCE_MS, answer, sizeof(answer));
	if (ret)
		printf("# the host answers to %s: %s\n", text, answer);
	return ret;
}

int comes_to(const char *path, int wanted, int ms)
{
	for (; ms >= 0; ms -= 10) {
		if ((access(path, F_OK) == 0) == wanted)
			return 1;
		usleep(10000);
	}
	return 0;
}

int becomes(const char *path, const char *text, int ms)
{
	for (; ms >= 0; ms -= 10) {
		if (!strcmp(get(path), text))
			return 1;
		usleep(10000);
	}
	return 0;
}

int bind_to(const char *driver, const char *what, const char *sch)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/css/drivers/%s/%s", driver,
		 what);
	return put(path, sch);
}

int take(const char *device)
{
	char path[PATH_MAX + 32], sch[PATH_MAX], name[16];
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/ccw/devices/%s", device);
	if (!realpath(path, sch))
		return -errno;
	*strrchr(sch, '/') = '\0';
	snprintf(path, sizeof(path), "%s/driver_override", sch);
	ret = put(path, "vfio_ccw");
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s/driver/unbind", sch);
	ret = put(path, strrchr(sch, '/') + 1);
	if (ret && ret != -ENOENT)
		return ret;
	snprintf(name, sizeof(name), "SCH_%s", strrchr(device, '.') + 1);
	setenv(name, strrchr(sch, '/') + 1, 1);
	return bind_to("vfio_ccw", "bind", strrchr(sch, '/') + 1);
}

#define LOOK "/sys/module/sch_look/parameters/"

int look_at(const char *sch)
{
	char path[PATH_MAX] = "\n";

	if (access(LOOK, F_OK) && system("insmod hold/sch_look.ko"))
		return -ENOEXEC;
	if (*sch)
		snprintf(path, sizeof(path), "/sys/bus/css/devices/%s", sch);
	return put(LOOK "path", path);
}

int manner(const char *name, int on)
{
	char path[128];

	snprintf(path, sizeof(path), LOOK "%s", name);
	return put(path, on ? "1" : "0");
}

int pmcw(struct pmcw *pmcw)
{
	return sscanf(get(LOOK "pmcw"), "%d %x %d", &pmcw->enabled,
		      &pmcw->intparm, &pmcw->references) == 3 ? 0 : -EIO;
}

int report_subchannel(const char *sch)
{
	return report(CRW_SUBCHANNEL, CRW_PARAMETERS,
		      strtoul(strrchr(sch, '.') + 1, NULL, 16));
}

char thread_state(int tid)
{
	char path[64], state = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	in = fopen(path, "re");
	if (in && fscanf(in, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (in)
		fclose(in);
	return state;
}

int keep(const char *uuid, const char *pages)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path),
		 "/sys/bus/mdev/devices/%s/kept_pages_max", uuid);
	return put(path, pages);
}

int open_dev(struct ccwio_dev *dev, const char *uuid,
	     enum ccwio_backend backend)
{
	struct ccwio_options options = { .uuid = uuid, .backend = backend };
	static int opened;
	int ret, ms = opened ? 0 : PATIENCE_MS + PATIENCE_MS;

	/*
	 * A test that was stopped at its time limit is killed, with what it forked,
	 * but its last thread may still be in the kernel, the device its own, and
	 * an mdev not created again: that is not the failure of this one. What this
	 * one closed itself is free at once.
	 */
	if (!opened)
		restore();
	keep(uuid, getenv("KEPT") ?: "16384");
	while ((ret = ccwio_open(dev, &options)) == -EBUSY && ms > 0) {
		ccwio_close(dev);
		usleep(100000);
		ms -= 100;
	}
	opened = 1;
	if (ret)
		comment(dev->error);
	return ret;
}

void *new_memory(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* IDAWs of a CCW, and CCWs that they are enough for */
#define WORDS		16

uint32_t most_runs(struct ccwio_dev *dev, uint64_t iova, unsigned int pages)
{
	unsigned int n = MOST_RUNS * pages, words = WORDS - WORDS % pages, i;
	uint64_t ccws = ccwio_alloc(dev, (n / words + 2) * 8, 4096);
	uint64_t lists = ccwio_alloc(dev, n * 8, 4096), page;

	for (i = 0; i < n; i++) {
		page = i / pages * (pages + 1) + i % pages;
		ccwio_put_doubleword(dev, lists + i * 8, iova + page * 4096);
	}
	for (i = 0; i * words < n; i++)
		ccwio_put_ccw(dev, ccws + i * 8, 1, 0xe4,
			      lists + i * words * 8, words * 4096 - 1,
			      CCWIO_SLI | CCWIO_IDA | CCWIO_CC);
	ccwio_put_ccw(dev, ccws + i * 8, 1, 0x03, 0, 1, CCWIO_SLI | CCWIO_S);
	return ccws;
}

int make_absent(struct absent *page)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };

	page->mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	reg.range.start = (uintptr_t)page->mem;
	reg.range.len = 4096;
	if (page->mem == MAP_FAILED || page->fd < 0 ||
	    ioctl(page->fd, UFFDIO_API, &api) ||
	    ioctl(page->fd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

int is_awaited(struct absent *page)
{
	return signalled(page->fd, TIMEOUT_MS);
}

int supply(struct absent *page)
{
	struct uffdio_zeropage zero = {
		.range.start = (uintptr_t)page->mem, .range.len = 4096,
	};

	return ioctl(page->fd, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

/* What a page table of s390 is for, and how much is walked */
#define TABLE	(1u << 20)
#define WALKED	(512u << 20)

int begin_walk(struct walk *walk)
{
	size_t at;

	walk->area = mmap(NULL, WALKED, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			  MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (walk->area == MAP_FAILED)
		return -errno;
	/* Large pages would need no tables; there may be none in the kernel */
	madvise(walk->area, WALKED, MADV_NOHUGEPAGE);
	for (at = 0; at < WALKED; at += TABLE)
		walk->area[at] = 1;
	return 0;
}

int walk_on(void *arg)
{
	struct walk *walk = arg;

	while (!walk->go)
		usleep(1000);
	for (;;) {
		madvise(walk->area, WALKED, MADV_DONTNEED);
		walk->rounds++;
	}
	return 0;
}

static void *walk_in_a_thread(void *arg)
{
	walk_on(arg);
	return NULL;
}

void leave_changing(const char *uuid, enum ccwio_backend backend, int told)
{
	struct ccwio_options options = {
		.uuid = uuid, .backend = backend, .no_memory = true,
		.no_events = true,
	};
	struct walk walk = { 0 };
	struct ccwio_dev dev;
	pthread_t thread;
	int i, ret;

	ret = begin_walk(&walk);
	if (!ret)
		ret = ccwio_open(&dev, &options);
	/* Nothing else changes it from here on: that would let it rest */
	for (i = 0; i < WALKERS && !ret; i++)
		ret = -pthread_create(&thread, NULL, walk_in_a_thread, &walk);
	walk.go = true;
	for (i = 0; i < TIMEOUT_MS && !ret && walk.rounds < WALKERS; i++)
		usleep(1000);
	if (!ret)
		ccwio_close(&dev);
	if (write(told, &ret, sizeof(ret)) == sizeof(ret))
		pause();
	_exit(1);
}
