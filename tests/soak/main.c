// SPDX-License-Identifier: GPL-2.0
/*
 * soak SECONDS SEED USERS DEVNO...: the soak itself, in the machine
 *
 * Starts the administrator, then session after session of users, ends some of
 * them by a signal, and judges each when it has ended. Results in the Test
 * Anything Protocol. With SOAK_SESSION=SEED each session is that one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "soak.h"

/* Lines of one kind that the driver may write within a minute */
#define LINES_A_MINUTE	10
#define MAX_LINES	4096
#define MAX_TEXTS	32

/* How many times as long a slow machine may take to do everything once */
#define SLOWER		4

/* How long everything may take to come back at the end */
#define ADMIN_SECONDS	400

struct board *board;
bool can_fail, can_limit, plugs_are_slow, time_is_virtual;

static uint64_t only_session;
static unsigned long sum[NR_COUNTS];
static unsigned int results, failures;

struct rng rng_stream(uint64_t seed, uint64_t stream)
{
	struct rng rng = { seed ^ (stream + 1) * 0x9e3779b97f4a7c15ull };
	int i;

	for (i = 0; i < 4; i++)
		rng_next(&rng);
	return rng;
}

/* splitmix64: any state is a good one */
uint32_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) >> 16;
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return n ? rng_next(rng) % n : 0;
}

bool rng_percent(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* The one that is or was last. An image that was executed knows of none */
static const struct night *last_night(void)
{
	static const struct night none;

	return board ? &board->night[board->nights - 1] : &none;
}

/* It stands still at night */
uint64_t day_ns(void)
{
	const struct night *last = last_night();
	uint64_t now = now_ns();

	now = now < last->dawn ? last->dusk : now - (last->dawn - last->dusk);
	return now - last->before;
}

/* How long all nights have been */
static uint64_t nights_ns(void)
{
	const struct night *last = last_night();

	return last->before + last->dawn - last->dusk;
}

static void sleep_until(uint64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

void rest(void)
{
	const struct night *last = last_night();

	if (now_ns() < last->dawn)
		sleep_until(last->dawn);
}

void nap_us(unsigned int us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	rest();
	nanosleep(&ts, NULL);
	rest();
}

void device_uuid(unsigned int device, char uuid[40])
{
	snprintf(uuid, 40, "50a4c000-0000-4000-8000-00000000%04x",
		 board->devno[device]);
}

static void result(bool good, const char *what)
{
	results++;
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", results, what);
	fflush(stdout);
}

/*
 * The kernel's log: how many lines of each kind the driver has written, and
 * whether one of them names an address
 */

static struct line {
	uint64_t us;
	unsigned int text;
} lines[MAX_LINES];
static char texts[MAX_TEXTS][160];
static unsigned int nr_lines, nr_texts, worst, addresses;
static char worst_text[160];
static uint64_t since;
static unsigned int loads;
static atomic_bool log_ends;

/* The same line with other numbers is the same text */
static void generalize(const char *from, char *to, size_t size)
{
	size_t n = 0;

	while (*from && *from != '\n' && n + 1 < size) {
		if (*from >= '0' && *from <= '9') {
			to[n++] = '#';
			while (strspn(from, "0123456789abcdef.") &&
			       strspn(from, "0123456789abcdef."))
				from += strspn(from, "0123456789abcdef.");
			continue;
		}
		to[n++] = *from++;
	}
	to[n] = '\0';
}

/*
 * Seven hexadecimal digits in a row that are neither a part of a UUID nor a word,
 * nor a large decimal number
 */
bool has_address(const char *text)
{
	size_t n;

	for (; *text; text += n ? n : 1) {
		n = strspn(text, "0123456789abcdefABCDEF");
		if (n >= 7 && text[n] != '-' &&
		    (*text == '0' || strspn(text, "0123456789") < n) &&
		    strcspn(text, "0123456789") < n)
			return true;
		if (n && text[n] == '-')
			n += strspn(text + n, "0123456789abcdef-");
	}
	return false;
}

static void hear(uint64_t us, const char *message)
{
	char text[160];
	unsigned int i, within = 0;

	/* Of this driver; what mdev and iommu cores say follows what root does */
	if ((strncmp(message, "vfio_ccw", 8) && strncmp(message, "vfio-ccw", 8)) ||
	    strstr(message, "MDEV:") || strstr(message, "iommu group"))
		return;
	/* A module that was loaded again counts anew */
	if (board->loads != loads) {
		loads = board->loads;
		since = us;
	}
	addresses += has_address(message);
	generalize(message, text, sizeof(text));
	for (i = 0; i < nr_texts && strcmp(texts[i], text); i++)
		;
	/* More than the driver has: the others count as one kind, which is too many soon */
	if (i == MAX_TEXTS)
		i--;
	else if (i == nr_texts)
		memcpy(texts[nr_texts++], text, sizeof(text));
	lines[nr_lines++ % MAX_LINES] = (struct line){ us, i };
	for (unsigned int k = nr_lines; k-- && nr_lines - k < MAX_LINES; ) {
		if (lines[k % MAX_LINES].us + 60000000 < us ||
		    lines[k % MAX_LINES].us < since)
			break;
		within += lines[k % MAX_LINES].text == i;
	}
	if (within > worst) {
		worst = within;
		memcpy(worst_text, text, sizeof(text));
	}
}

static void *listen(void *arg)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	unsigned long long us;
	char room[4096], *text;
	ssize_t n;

	if (fd < 0)
		return NULL;
	lseek(fd, 0, SEEK_END);
	while (!log_ends || poll(&poll_fd, 1, 0) == 1) {
		rest();
		if (poll(&poll_fd, 1, 100) != 1)
			continue;
		n = read(fd, room, sizeof(room) - 1);
		if (n <= 0)
			continue;
		room[n] = '\0';
		text = strchr(room, ';');
		if (text && sscanf(room, "%*u,%*u,%llu", &us) == 1)
			hear(us, text + 1);
	}
	close(fd);
	return arg;
}

/* Pages that are pinned now in the whole machine */
static long pins(void)
{
	FILE *out = fopen("/proc/sys/vm/stat_refresh", "we"), *in;
	long value, left = 0;
	char name[64];

	/* Folds what each CPU has counted on its own */
	if (out) {
		fputs("1", out);
		fclose(out);
	}
	in = fopen("/proc/vmstat", "re");
	if (!in)
		return -1;
	while (fscanf(in, "%63s %ld", name, &value) == 2) {
		if (!strcmp(name, "nr_foll_pin_acquired"))
			left += value;
		if (!strcmp(name, "nr_foll_pin_released"))
			left -= value;
	}
	fclose(in);
	return left;
}

static bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/*
 * Users
 */

struct user {
	pid_t pid;
	struct ledger *ledger;
	int fd;
	uint64_t kill_at;
	unsigned int session;
};

static struct user users[MAX_USERS];
static unsigned int nr_users;

static struct ledger *new_ledger(int *fd)
{
	struct ledger *l;

	*fd = memfd_create("ledger", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, sizeof(*l)))
		return NULL;
	l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	return l == MAP_FAILED ? NULL : l;
}

/* What the first sessions do, so that the shortest soak has all of it */
static const uint32_t first_flavours[] = {
	ATTACH | MEMORY, EXEC, LIMIT, FORK, FUNCTIONS | WILD, SMALL | FAILING,
	EVENTS, ATTACH | EXEC | FORK,
};

static uint32_t wanted_flavour(const struct user *u, unsigned int slot)
{
	unsigned int n = u->session * nr_users + slot;
	uint32_t want = 0;

	if (n < sizeof(first_flavours) / sizeof(first_flavours[0]))
		want = first_flavours[n];
	if (!can_fail)
		want &= ~FAILING;
	if (!can_limit)
		want &= ~SMALL;
	return want;
}

static void begin_session(struct user *u, unsigned int slot, uint64_t seed)
{
	struct rng rng = rng_stream(seed, 1000 + slot + 100ull * u->session);
	uint32_t want = only_session ? 0 : wanted_flavour(u, slot);
	uint64_t own = only_session;

	while (!own || (user_flavour(own) & want) != want)
		own = (uint64_t)rng_next(&rng) << 32 | rng_next(&rng);
	u->session++;
	memset(u->ledger, 0, offsetof(struct ledger, entry));
	memset(u->ledger->entry, 0, sizeof(u->ledger->entry));
	u->kill_at = !want && rng_percent(&rng, 25) ?
		now_ns() + rng_below(&rng, 4000) * 1000000ull : 0;
	fflush(stdout);
	u->pid = fork();
	if (!u->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		user_session(u->ledger, own, u->fd);
	}
}

/* A session has ended: by itself, by a signal of ours, or out of memory */
static unsigned int end_session(struct user *u, int status)
{
	if (WIFSIGNALED(status)) {
		u->ledger->ended_killed = true;
		if (WTERMSIG(status) != SIGKILL) {
			printf("# session %016llx died of signal %d\n",
			       (unsigned long long)u->ledger->seed,
			       WTERMSIG(status));
			u->ledger->orderly = false;
			return 1 + ledger_judge(u->ledger, sum);
		}
		u->ledger->orderly = false;
	}
	return ledger_judge(u->ledger, sum);
}

static unsigned int reap(void)
{
	unsigned int i, faults = 0;
	int status;
	pid_t pid;

	for (i = 0; i < nr_users; i++) {
		pid = users[i].pid ? waitpid(users[i].pid, &status, WNOHANG) : 0;
		if (pid <= 0)
			continue;
		users[i].pid = 0;
		faults += end_session(&users[i], status);
	}
	return faults;
}

static bool all_ended(void)
{
	unsigned int i;

	for (i = 0; i < nr_users; i++)
		if (users[i].pid)
			return false;
	return true;
}

static void kill_some(void)
{
	unsigned int i;

	for (i = 0; i < nr_users; i++)
		if (users[i].pid && users[i].kill_at &&
		    now_ns() > users[i].kill_at) {
			kill(users[i].pid, SIGKILL);
			users[i].kill_at = 0;
		}
}

/* What was done at all: a soak that does nothing holds nothing */
static bool all_done(unsigned int seconds, bool tell)
{
	static const enum count each[] = {
		N_STARTS, N_ANSWERS, N_DATA, N_KILLED, N_TYPE1, N_IOMMUFD,
		N_EXCUSED, N_HALTS, N_CLEARS, N_RESETS, N_WILD, N_UNMAPS,
		N_HOLES, N_EVENTFDS, N_ACCESSES, N_FORKS, N_ATTACHES, N_EXECS,
		N_RESUMES, N_CANCELS, N_REWRITES, N_MUTATED,
	};
	bool good = true;
	unsigned int i;

	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		if (sum[each[i]])
			continue;
		if (tell)
			printf("# none: %s\n", count_name(each[i]));
		good = false;
	}
	if (can_fail && seconds >= 60 && !admin_failures()) {
		if (tell)
			printf("# none: allocations that failed\n");
		good = false;
	}
	/* That is looked at from time to time, and at the end */
	if (tell && !board->found && seconds >= 60) {
		printf("# none: pages found that were kept\n");
		good = false;
	}
	/* A look may come too early for that, or after the module was loaded anew */
	if (tell && !board->relieved && seconds >= 600) {
		printf("# none: kept pages let go because memory was short\n");
		good = false;
	}
	for (i = 0; i < NR_ACTIONS; i++) {
		/* What is done at the end has not been yet */
		if (board->done[i] || seconds < 60 ||
		    (!tell && !strcmp(action_name(i), "restored")) ||
		    (time_is_virtual && action_needs_host(i)) ||
		    (plugs_are_slow && (!strcmp(action_name(i), "plugged") ||
					(!tell && !strcmp(action_name(i),
							  "unplugged")))))
			continue;
		if (tell)
			printf("# never: %s\n", action_name(i));
		good = false;
	}
	return good;
}

/*
 * A night of a minute to four hours. Who is to be killed is, in the middle of it: what
 * a user leaves is taken away while nothing else happens.
 */
static void pass_night(struct rng *rng)
{
	static const unsigned int longest[] = { 600, 3600, 3600, 14400, 14400 };
	unsigned int seconds = 60 + rng_below(rng, longest[rng_below(rng, 5)]);
	struct night *next = &board->night[board->nights];

	if (board->nights == MAX_NIGHTS)
		return;
	next->before = nights_ns();
	next->dusk = now_ns();
	next->dawn = next->dusk + seconds * 1000000000ull;
	board->nights++;
	sleep_until(next->dusk + seconds * 500000000ull);
	kill_some();
	rest();
}

static unsigned int run(uint64_t seed, unsigned int seconds)
{
	uint64_t until = now_ns() + seconds * 1000000000ull, told = now_ns();
	uint64_t last = now_ns() + SLOWER * seconds * 1000000000ull;
	struct rng rng = rng_stream(seed, 2);
	uint64_t dusk = day_ns();
	unsigned int faults = 0, i;

	/* A slow machine takes longer to get round */
	while (!faults && (now_ns() < until ||
			   (!only_session && now_ns() < last &&
			    !all_done(seconds, false)))) {
		if (time_is_virtual && day_ns() > dusk) {
			pass_night(&rng);
			dusk = day_ns() + (300 + rng_below(&rng, 1200)) * 1000000ull;
		}
		for (i = 0; i < nr_users && !board->pause; i++)
			if (!users[i].pid)
				begin_session(&users[i], i, seed);
		nap_us(20000);
		kill_some();
		faults += reap();
		if (now_ns() > told + 30000000000ull) {
			told = now_ns();
			printf("# %lu sessions, %lu starts, %lu answers",
			       sum[N_SESSIONS], sum[N_STARTS], sum[N_ANSWERS]);
			if (time_is_virtual)
				printf(", %u nights, %llu hours",
				       board->nights - 1,
				       (unsigned long long)nights_ns() /
				       3600000000000);
			printf("\n");
			fflush(stdout);
		}
	}
	board->stop = true;
	/* A function that does not end is waited for by each for a minute */
	until = day_ns() + 300000000000ull;
	while (!all_ended() && day_ns() < until) {
		nap_us(20000);
		kill_some();
		faults += reap();
	}
	for (i = 0; i < nr_users; i++)
		if (users[i].pid) {
			printf("# a user does not end\n");
			kill(users[i].pid, SIGKILL);
			faults++;
		}
	return faults;
}

/* It waits for users who are slow to let go, but all have ended */
static bool admin_ended(pid_t admin)
{
	uint64_t until = day_ns() + ADMIN_SECONDS * 1000000000ull;
	int status = -1;

	while (!waitpid(admin, &status, WNOHANG) && day_ns() < until)
		nap_us(50000);
	if (status)
		printf("# the administrator ended with %d\n", status);
	return !status;
}

static void print_counts(void)
{
	unsigned int i;

	for (i = 0; i < NR_COUNTS; i++)
		printf("# %-32s %10lu\n", count_name(i), sum[i]);
	for (i = 0; i < NR_ACTIONS; i++)
		printf("# %-32s %10lu, %lu failed\n", action_name(i),
		       board->done[i], board->failed[i]);
	printf("# allocations made to fail         %10lu\n", admin_failures());
	printf("# memory group at its limit        %10lu\n", admin_limits());
	printf("# memory group reclaimed           %10lu\n", board->reclaimed);
	printf("# most pages that a device found kept %6lu\n", board->found);
	printf("# ... and let go, memory being short  %6lu\n", board->relieved);
	printf("# lines of files looked at %17lu, with an address %lu\n",
	       board->looked, board->addresses);
	printf("# lines of the driver in the log %11u, of %u kinds\n", nr_lines,
	       nr_texts);
	printf("# most of one kind in a minute   %11u: %s\n", worst, worst_text);
}

static unsigned int try_devices(void)
{
	unsigned int n, bad = 0;
	char why[256];
	int backend;

	for (n = 0; n < board->devices; n++) {
		for (backend = CCWIO_TYPE1; backend <= CCWIO_IOMMUFD; backend++) {
			if (board->gone[n] ||
			    !user_try_device(n, backend, why, sizeof(why)))
				continue;
			printf("# 0.0.%04x with %s: %s\n", board->devno[n],
			       backend == CCWIO_TYPE1 ? "type 1" : "iommufd",
			       why);
			bad++;
		}
	}
	return bad;
}

int main(int argc, char **argv)
{
	unsigned int seconds, i, faults;
	unsigned long failed = 0;
	pthread_t listener;
	uint64_t seed, begin;
	pid_t admin;

	if (argc > 1 && !strcmp(argv[1], "--after-exec"))
		user_after_exec(argc, argv);
	if (argc < 5)
		return 2;
	setlinebuf(stdout);
	seconds = atoi(argv[1]);
	seed = strtoull(argv[2], NULL, 0);
	nr_users = atoi(argv[3]);
	nr_users = nr_users > MAX_USERS ? MAX_USERS : nr_users;
	if (getenv("SOAK_SESSION"))
		only_session = strtoull(getenv("SOAK_SESSION"), NULL, 16);
	plugs_are_slow = getenv("SOAK_SLOW_PLUGS");
	time_is_virtual = getenv("SOAK_NIGHTS");
	can_fail = file_exists("/sys/kernel/debug/failslab/probability");
	can_limit = file_exists("/sys/fs/cgroup/small/memory.max");
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	board->nights = 1;
	for (i = 4; i < (unsigned int)argc && board->devices < MAX_DEVICES; i++)
		board->devno[board->devices++] = strtoul(argv[i], NULL, 16);
	for (i = 0; i < nr_users; i++) {
		users[i].ledger = new_ledger(&users[i].fd);
		if (!users[i].ledger)
			return 2;
	}

	printf("TAP version 13\n# seed %#llx, %u s, %u users, %u devices%s%s\n",
	       (unsigned long long)seed, seconds, nr_users, board->devices,
	       can_fail ? ", failing allocations" : "",
	       can_limit ? ", memory cgroup" : "");
	if (admin_prepare()) {
		result(false, "all devices are there at first");
		printf("1..%u\n", results);
		return 1;
	}
	pthread_create(&listener, NULL, listen, NULL);
	fflush(stdout);
	begin = now_ns();
	admin = fork();
	if (!admin) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		admin_run(seed);
	}
	faults = run(seed, seconds);
	failed += !admin_ended(admin);
	log_ends = true;
	pthread_join(listener, NULL);
	for (i = 0; i < NR_ACTIONS; i++)
		failed += board->failed[i];
	print_counts();

	if (time_is_virtual) {
		printf("# nights %32u, %llu s of %llu s\n", board->nights - 1,
		       (unsigned long long)nights_ns() / 1000000000,
		       (unsigned long long)(now_ns() - begin) / 1000000000);
		result(board->nights > 1 &&
		       now_ns() - begin >= seconds * 1000000000ull,
		       "the machine's time went by, most of it at night");
	}
	result(!faults,
	       "each function was answered once; data and addresses were right");
	result(!failed, "everything that the administrator did worked");
	result(only_session || all_done(seconds, true),
	       "everything that the soak has was done");
	result(worst <= LINES_A_MINUTE,
	       "no more than ten lines of a kind in a minute of the log");
	result(!addresses && nr_lines, "no address in the log");
	result(!board->addresses && board->looked,
	       "no address in a file of the driver's");
	result(!try_devices(), "each device works, with each back end");
	/* Releases may be under way yet */
	for (i = 0; i < 100 && pins(); i++)
		nap_us(100000);
	result(!pins(), "no page is pinned");
	printf("1..%u\n", results);
	if (failures)
		printf("# again: make soak SOAK_SEED=%#llx (SOAK_SESSION= alone)\n",
		       (unsigned long long)seed);
	return failures != 0;
}
