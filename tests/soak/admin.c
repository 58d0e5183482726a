// SPDX-License-Identifier: GPL-2.0
/*
 * The administrator: binds and unbinds, creates and removes, plugs and unplugs,
 * loads and unloads, varies paths, ignores devices, and has the kernel believe in
 * channel reports, in any order, while users have the devices.
 *
 * One process, one action after the other. What has to work is looked at: a
 * device comes back after each of them, within what the slowest kernel takes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"
#include "soak.h"

#define CSS		"/sys/bus/css/"
#define TERMINAL_CHPID	1

enum action {
	RECREATE, REBIND, UNPLUG, PLUG, VARY, REPORT, PATH_REPORT, IGNORE,
	RELOAD, UNLOAD_IN_USE, ATTENTION, LOOK, PRESSURE, KEEPING, RESTORE,
};

static const char * const names[NR_ACTIONS] = {
	"mediated devices recreated", "subchannels bound again", "unplugged",
	"plugged", "paths varied", "subchannel reports", "path reports",
	"ignored and purged", "modules reloaded", "unloads refused",
	"keys pressed", "looks at files", "changes of pressure",
	"bounds of kept pages", "restored",
};

/* Names of the subchannels, as last seen; who is unplugged has none */
static char subchannel[MAX_DEVICES][16];
static bool plugged[MAX_DEVICES];

const char *action_name(unsigned int action)
{
	return names[action];
}

bool action_needs_host(unsigned int action)
{
	return action == UNPLUG || action == PLUG || action == ATTENTION;
}

/* Write into a file of sysfs or debugfs that has a name of parts; 0 or -errno */
static int put_at(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int put_at(const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	return put(path, text);
}

/* Have the program on the host do something, and wait until it has; 0 or -errno */
static int host(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int host(const char *format, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return ask_host(text, 60000, NULL, 0);
}

static void note(enum action action, int ret)
{
	atomic_fetch_add(&board->done[action], 1);
	if (!ret)
		return;
	atomic_fetch_add(&board->failed[action], 1);
	printf("# %s: %s\n", names[action], strerror(-ret));
	fflush(stdout);
}

/*
 * A device from whatever it is to one that users can open
 */

static bool exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool exists(const char *format, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	return access(path, F_OK) == 0;
}

/* The subchannel that the host's own driver shows the device at */
static bool find_subchannel(unsigned int n)
{
	char path[PATH_MAX], real[PATH_MAX], *slash;

	snprintf(path, sizeof(path), "/sys/bus/ccw/devices/0.0.%04x",
		 board->devno[n]);
	if (!realpath(path, real))
		return false;
	slash = strrchr(real, '/');
	*slash = '\0';
	slash = strrchr(real, '/');
	snprintf(subchannel[n], sizeof(subchannel[n]), "%.15s", slash + 1);
	return true;
}

static bool is_bound(unsigned int n)
{
	char path[PATH_MAX], real[PATH_MAX];

	snprintf(path, sizeof(path), CSS "devices/%s/driver", subchannel[n]);
	return *subchannel[n] && realpath(path, real) &&
	       !strcmp(strrchr(real, '/') + 1, "vfio_ccw");
}

/* One step towards a mediated device; 0 if it is there */
static int restore(unsigned int n)
{
	char uuid[40];
	int ret;

	device_uuid(n, uuid);
	if (exists("/sys/bus/mdev/devices/%s", uuid)) {
		board->present[n] = true;
		return 0;
	}
	if (!plugged[n])
		return 0;
	if (!is_bound(n)) {
		/* By the host's own driver, or by none */
		find_subchannel(n);
		if (!*subchannel[n])
			return -ENOENT;
		put_at("vfio_ccw", CSS "devices/%s/driver_override", subchannel[n]);
		put_at(subchannel[n], CSS "devices/%s/driver/unbind",
		       subchannel[n]);
		ret = put(CSS "drivers/vfio_ccw/bind", subchannel[n]);
		if (ret)
			return ret;
	}
	ret = put_at(uuid, CSS
		     "devices/%s/mdev_supported_types/vfio_ccw-io/create",
		     subchannel[n]);
	if (!ret)
		board->present[n] = true;
	return ret;
}

/* The same, until it is there or @seconds are over */
static int restore_within(unsigned int n, unsigned int seconds)
{
	uint64_t until = day_ns() + seconds * 1000000000ull;
	int ret;

	while ((ret = restore(n)) && day_ns() < until)
		nap_us(20000);
	return ret;
}

/*
 * Actions
 */

static int recreate(unsigned int n)
{
	char uuid[40];
	int ret;

	device_uuid(n, uuid);
	board->present[n] = false;
	ret = put_at("1", "/sys/bus/mdev/devices/%s/remove", uuid);
	if (ret)
		return ret;
	return restore_within(n, 60);
}

static int rebind(unsigned int n)
{
	int ret;

	board->present[n] = false;
	ret = put(CSS "drivers/vfio_ccw/unbind", subchannel[n]);
	if (ret)
		return ret;
	return restore_within(n, 60);
}

/* It comes back by PLUG; a user may have it until then, and longer */
static int unplug(unsigned int n)
{
	board->present[n] = false;
	board->gone[n] = plugs_are_slow;
	plugged[n] = false;
	return host("del soak%u", n);
}

/*
 * The host's own driver sets a virtio device online by work that holds no
 * reference to the device: to take it away before that is done ends the kernel.
 */
static void wait_until_online(unsigned int n, unsigned int seconds)
{
	uint64_t until = day_ns() + seconds * 1000000000ull;
	char path[64], online = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/ccw/devices/0.0.%04x/online",
		 board->devno[n]);
	while (online != '1' && day_ns() < until) {
		nap_us(20000);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, &online, 1) != 1)
			online = 0;
		if (fd >= 0)
			close(fd);
	}
}

static int plug(unsigned int n)
{
	int ret;

	/* The lost one has to be given back first, by its user */
	ret = host("add virtio-rng-ccw devno=fe.0.%04x id=soak%u",
		   board->devno[n], n);
	if (ret)
		return ret;
	plugged[n] = true;
	*subchannel[n] = '\0';
	wait_until_online(n, 60);
	return restore_within(n, 60);
}

int admin_restore_all(unsigned int seconds)
{
	unsigned int n;
	int ret = 0, one;

	for (n = 0; n < board->devices; n++) {
		if (board->gone[n])
			continue;
		one = plugged[n] ? restore_within(n, seconds) : plug(n);
		if (one)
			printf("# 0.0.%04x does not come back: %s\n",
			       board->devno[n], strerror(-one));
		ret = ret ? ret : one;
	}
	return ret;
}

static int vary(struct rng *rng)
{
	const char *status = "/sys/devices/css0/chp0.01/status";
	int ret = put(status, "off");

	nap_us(rng_below(rng, 30000));
	return put(status, "on") ?: ret;
}

static int report_subchannel(unsigned int n)
{
	return report(CRW_SUBCHANNEL, CRW_PARAMETERS,
		      strtoul(subchannel[n] + 4, NULL, 16));
}

static int report_path(void)
{
	return report(CRW_PATH, CRW_FAILED, TERMINAL_CHPID) ?:
	       report(CRW_PATH, CRW_INITIALIZED, TERMINAL_CHPID);
}

/*
 * A bound subchannel is in use: it stays, whatever the list says. Only the
 * terminal, which is never unplugged, and whose number may stay on the list: to
 * take one off it has the kernel look at each subchannel that there could be.
 */
static int ignore(void)
{
	unsigned int n;
	char text[32];
	int ret;

	for (n = 0; n < board->devices; n++)
		if (board->devno[n] == TERMINAL_DEVNO)
			break;
	if (n == board->devices)
		return -ENOENT;
	snprintf(text, sizeof(text), "add 0.0.%04x", board->devno[n]);
	ret = put("/proc/cio_ignore", text);
	ret = put("/proc/cio_ignore", "purge") ?: ret;
	return !is_bound(n) && board->present[n] ? -ENODEV : ret;
}

static int unload(unsigned int flags)
{
	return syscall(SYS_delete_module, "vfio_ccw", flags) ? -errno : 0;
}

static int load(void)
{
	int ret;

	board->loads++;
	ret = system("modprobe vfio_ccw") ? -ENOEXEC : 0;
	board->loads++;
	return ret;
}

/* All users end, the module goes and comes, and so do all devices */
static int reload(void)
{
	uint64_t until = day_ns() + 120000000000ull;
	unsigned int n;
	int ret;

	board->pause = true;
	do {
		ret = unload(O_NONBLOCK);
	} while (ret && day_ns() < until && (nap_us(50000), true));
	if (!ret) {
		for (n = 0; n < board->devices; n++)
			board->present[n] = false;
		ret = load();
	}
	for (n = 0; n < board->devices && !ret; n++)
		ret = restore_within(n, 60);
	board->pause = false;
	return ret;
}

/* With users this is refused; without, it works, and that is a reload */
static int unload_in_use(void)
{
	unsigned int n;
	int ret;

	if (unload(O_NONBLOCK))
		return 0;
	for (n = 0; n < board->devices; n++)
		board->present[n] = false;
	ret = load();
	for (n = 0; n < board->devices && !ret; n++)
		ret = restore_within(n, 60);
	return ret;
}

/*
 * Read all of a file, and look for addresses. Those of the debug feature begin each
 * line with the address of the code that has written it, for root's eyes; two
 * spaces follow.
 */
static void look_into(const char *path, bool debug_feature)
{
	FILE *in = fopen(path, "re");
	char line[1024], *text;
	unsigned long pages;

	while (in && fgets(line, sizeof(line), in)) {
		text = debug_feature ? strstr(line, "  ") : line;
		if (!text)
			continue;
		if (sscanf(text, "pages found: %lu", &pages) == 1 &&
		    pages > board->found)
			board->found = pages;
		if (sscanf(text, "pages short of memory: %lu", &pages) == 1 &&
		    pages > board->relieved)
			board->relieved = pages;
		board->looked++;
		if (!has_address(text))
			continue;
		if (!board->addresses++)
			printf("# an address in %s: %s", path, text);
	}
	if (in)
		fclose(in);
}

static int look(unsigned int n)
{
	static const char * const files[] = {
		"/sys/kernel/debug/vfio/%s/ccw/state",
		"/sys/kernel/debug/vfio/%s/ccw/events",
		"/sys/kernel/debug/vfio/%s/ccw/counters",
		"/sys/kernel/debug/vfio/%s/ccw/kept",
		"/sys/bus/mdev/devices/%s/kept_pages_max",
		"/sys/bus/mdev/devices/%s/uevent",
		"/sys/bus/mdev/devices/%s/mdev_type/name",
		"/sys/bus/mdev/devices/%s/mdev_type/device_api",
		"/sys/bus/mdev/devices/%s/mdev_type/available_instances",
	};
	char path[PATH_MAX], uuid[40];
	unsigned int i;

	device_uuid(n, uuid);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), files[i], uuid);
		look_into(path, false);
	}
	look_into("/sys/module/vfio_ccw/parameters/kept_pages_max", false);
	look_into("/sys/kernel/debug/s390dbf/vfio_ccw_msg/sprintf", true);
	look_into("/sys/kernel/debug/s390dbf/vfio_ccw_trace/hex_ascii", true);
	return 0;
}

/* It holds from the next open on, and cannot be changed while there is a user */
static int set_kept(struct rng *rng, unsigned int n)
{
	static const char * const bounds[] = { "0", "8", "200", "16384" };
	char uuid[40];
	int ret;

	device_uuid(n, uuid);
	ret = put_at(bounds[rng_below(rng, 4)],
		     "/sys/bus/mdev/devices/%s/kept_pages_max", uuid);
	return ret == -EBUSY ? 0 : ret;
}

static int press(struct rng *rng)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", 4 + rng_below(rng, 16));
	if (can_limit) {
		strcat(text, "M");
		put("/sys/fs/cgroup/small/memory.max", text);
		/* As at the limit, but nobody is killed for what cannot be had */
		if (!put("/sys/fs/cgroup/small/memory.reclaim", "256K"))
			board->reclaimed++;
	}
	if (can_fail) {
		snprintf(text, sizeof(text), "%u", 1 + rng_below(rng, 5));
		put("/sys/kernel/debug/failslab/probability", text);
		put("/sys/kernel/debug/fail_page_alloc/probability", text);
	}
	return 0;
}

/* The kernel counts them down to nothing; so many are as good as no limit */
#define FAILURES	"2000000000"

static const char * const failing[] = { "failslab", "fail_page_alloc" };

/* The number in a file after @word, or all that it has if that is ""; 0 without it */
static unsigned long number_in(const char *path, const char *word)
{
	FILE *in = fopen(path, "re");
	unsigned long value = 0;
	char line[128];

	while (in && fgets(line, sizeof(line), in))
		if (!strncmp(line, word, strlen(word))) {
			value = strtoul(line + strlen(word), NULL, 10);
			break;
		}
	if (in)
		fclose(in);
	return value;
}

unsigned long admin_failures(void)
{
	unsigned long sum = 0, left;
	char path[64];
	unsigned int i;

	for (i = 0; can_fail && i < sizeof(failing) / sizeof(failing[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times",
			 failing[i]);
		left = number_in(path, "");
		sum += left ? strtoul(FAILURES, NULL, 10) - left : 0;
	}
	return sum;
}

unsigned long admin_limits(void)
{
	return can_limit ? number_in("/sys/fs/cgroup/small/memory.events",
				     "max ") : 0;
}

static void set_failing(const char *place)
{
	static const char * const set[][2] = {
		{ "task-filter", "Y" }, { "verbose", "0" }, { "times", FAILURES },
		{ "interval", "3" }, { "probability", "2" },
		{ "ignore-gfp-wait", "N" }, { "min-order", "0" },
		{ "ignore-gfp-highmem", "N" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		put_at(set[i][1], "/sys/kernel/debug/%s/%s", place, set[i][0]);
}

/* All devices to the driver; what this kernel can do is found out, too */
int admin_prepare(void)
{
	unsigned int n;

	for (n = 0; n < board->devices; n++)
		plugged[n] = true;
	for (n = 0; can_fail && n < sizeof(failing) / sizeof(failing[0]); n++)
		set_failing(failing[n]);
	return admin_restore_all(60);
}

/* A device that is there, plugged or not as asked; MAX_DEVICES if there is none */
static unsigned int choose(struct rng *rng, bool want_plugged)
{
	unsigned int try, n;

	for (try = 0; try < 50; try++) {
		n = rng_below(rng, board->devices);
		if (plugged[n] == want_plugged &&
		    (!want_plugged || board->present[n]))
			return n;
	}
	return MAX_DEVICES;
}

static unsigned int nr_unplugged(void)
{
	unsigned int n, sum = 0;

	for (n = 0; n < board->devices; n++)
		sum += !plugged[n];
	return sum;
}

/* What happens how often, of 100 */
static enum action draw(struct rng *rng)
{
	static const unsigned char percent[NR_ACTIONS] = {
		[RECREATE] = 16, [REBIND] = 14, [UNPLUG] = 5, [PLUG] = 6,
		[VARY] = 8, [REPORT] = 10, [PATH_REPORT] = 5, [IGNORE] = 5,
		[RELOAD] = 3, [UNLOAD_IN_USE] = 2, [ATTENTION] = 8, [LOOK] = 6,
		[PRESSURE] = 5, [KEEPING] = 4,
	};
	unsigned int left = rng_below(rng, 100), i;

	for (i = 0; i < NR_ACTIONS - 1; i++) {
		if (left < percent[i])
			break;
		left -= percent[i];
	}
	if ((plugs_are_slow && (i == UNPLUG || i == PLUG)) ||
	    (time_is_virtual && action_needs_host(i)))
		return REPORT;
	return i < NR_ACTIONS - 1 ? i : LOOK;
}

static void act(struct rng *rng, enum action action)
{
	unsigned int n = choose(rng, action != PLUG);

	if (n == MAX_DEVICES && action != RELOAD && action != UNLOAD_IN_USE)
		return;
	switch (action) {
	case RECREATE:
		note(action, recreate(n));
		break;
	case REBIND:
		note(action, rebind(n));
		break;
	case UNPLUG:
		/* Most of them stay; the terminal cannot be plugged again */
		if (board->devno[n] != TERMINAL_DEVNO && nr_unplugged() < 3)
			note(action, unplug(n));
		break;
	case PLUG:
		note(action, plug(n));
		break;
	case VARY:
		note(action, vary(rng));
		break;
	case REPORT:
		note(action, report_subchannel(n));
		break;
	case PATH_REPORT:
		note(action, report_path());
		break;
	case IGNORE:
		note(action, ignore());
		break;
	case RELOAD:
		note(action, reload());
		break;
	case UNLOAD_IN_USE:
		note(action, unload_in_use());
		break;
	case ATTENTION:
		note(action, host("enter 0"));
		break;
	case LOOK:
		note(action, look(n));
		break;
	case KEEPING:
		note(action, set_kept(rng, n));
		break;
	default:
		note(PRESSURE, press(rng));
	}
}

void admin_run(uint64_t seed)
{
	struct rng rng = rng_stream(seed, 1);
	/* Each once at first, so that the shortest soak has all of them */
	static const enum action first[] = {
		ATTENTION, RECREATE, REPORT, VARY, UNPLUG, REBIND, PATH_REPORT,
		IGNORE, PLUG, PRESSURE, LOOK, KEEPING, UNLOAD_IN_USE, RELOAD,
	};
	enum action next;
	unsigned int i;

	for (i = 0; !board->stop; i++) {
		next = i < sizeof(first) / sizeof(first[0]) ? first[i] :
		       draw(&rng);
		if ((!plugs_are_slow || (next != UNPLUG && next != PLUG)) &&
		    (!time_is_virtual || !action_needs_host(next)))
			act(&rng, next);
		nap_us(20000 + rng_below(&rng, 200000));
	}
	for (i = 0; i < board->devices; i++)
		if (board->present[i])
			note(LOOK, look(i));
	if (plugs_are_slow && !time_is_virtual)
		act(&rng, UNPLUG);
	/* Nobody uses anything soon: everything as it was */
	note(RESTORE, admin_restore_all(120));
	put("/sys/kernel/debug/failslab/probability", "0");
	put("/sys/kernel/debug/fail_page_alloc/probability", "0");
	exit(0);
}
