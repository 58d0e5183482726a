// SPDX-License-Identifier: GPL-2.0
/*
 * Seeing what the driver does: the tracepoints of one I/O in their order and
 * with the right values, and the files in debugfs, as Documentation/tracing.rst
 * describes both.
 *
 * Tracing is the whole machine's: nobody else may run tests meanwhile.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <regex.h>
#include <sys/stat.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define TRACING	"/sys/kernel/tracing/"
#define EVENTS	TRACING "events/vfio_ccw/"
#define DEBUGFS	"/sys/kernel/debug/"
#define MAX_LINES 64

/* What the driver's tracepoints have told, each without its task, and when */
struct trace {
	char line[MAX_LINES][300];
	double seconds[MAX_LINES];
	unsigned int n;
};

/* Tell of one subchannel only, from now on */
static int trace_on(const char *sch)
{
	char filter[64];
	int ret;

	snprintf(filter, sizeof(filter), "sch_no == 0x%s", sch + 4);
	ret = put(EVENTS "filter", filter);
	if (!ret)
		ret = empty(TRACING "trace");
	return ret ? ret : put(EVENTS "enable", "1");
}

/* The time that stands before @at, with a colon between them: "  12.345678: " */
static double time_before(const char *line, const char *at)
{
	while (at > line && at[-1] != ':')
		at--;
	while (at > line && at[-1] != ' ')
		at--;
	return strtod(at, NULL);
}

static struct trace trace_off(void)
{
	struct trace t = { 0 };
	FILE *in = NULL;
	char line[600];
	const char *at;

	if (!put(EVENTS "enable", "0"))
		in = fopen(TRACING "trace", "re");
	while (in && t.n < MAX_LINES && fgets(line, sizeof(line), in)) {
		at = line[0] == '#' ? NULL : strstr(line, "vfio_ccw_");
		if (!at)
			continue;
		t.seconds[t.n] = time_before(line, at);
		snprintf(t.line[t.n], sizeof(t.line[0]), "%.*s",
			 (int)strcspn(at, "\n"), at);
		printf("# %s\n", t.line[t.n++]);
	}
	if (in)
		fclose(in);
	return t;
}

/* The first line from @from on that is as @pattern says; -1 if none */
static int find(const struct trace *t, int from, const char *pattern)
{
	regex_t regex;
	unsigned int i;
	int at = -1;

	if (from < 0 || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return -1;
	for (i = from; i < t->n && at < 0; i++)
		if (!regexec(&regex, t->line[i], 0, NULL, 0))
			at = i;
	regfree(&regex);
	if (at < 0)
		printf("# not there: %s\n", pattern);
	return at;
}

/* Values that only the run itself knows */
static const char *pattern(const char *format, const char *sch, uint32_t value)
{
	static char text[8][400];
	static unsigned int next;
	char *buf = text[next++ % 8];

	snprintf(buf, 400, format, sch, value);
	return buf;
}

/* The worked example: NOP and SENSE ID */
TEST_F(device, one_io)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_RNG);
	int irq, step, start, complete, ended;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct trace t;
	int i;

	ASSERT_EQ(0, trace_on(sch));
	ASSERT_EQ(0, begin_orb(dev, "orb F P lpm=0xff; buffer id 64; nop cc sli;"
			       "sense-id id 64 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	t = trace_off();

	/*
	 * The start and the interrupt are of two contexts: either is first. A
	 * channel may tell in the status that it has prefetched (00c0).
	 */
	step = find(&t, 0, pattern("^vfio_ccw_step: %s SSCH: IDLE -> BUSY rc=0$",
				   sch, 0));
	start = find(&t, step, pattern("^vfio_ccw_start: %s orb=00c0ff00 "
		"guest=%08x host=[0-9a-f]{8} ccws=2 segments=1 idaws=0 pages=1 "
		"pins=1 reads=1 rc=0$", sch, orb.cpa));
	irq = find(&t, 0, pattern("^vfio_ccw_irq: %s ending host "
		"scsw=00[8c]04007\\.[0-9a-f]{8}\\.0c000000$", sch, 0));
	complete = find(&t, irq, pattern("^vfio_ccw_complete: %s program start "
		"host scsw=00[8c]04007\\.[0-9a-f]{8}\\.0c000000 "
		"guest scsw=00[8c]04007\\.%08x\\.0c000000$", sch, orb.cpa + 16));
	ended = find(&t, complete, pattern("^vfio_ccw_step: %s IRQ: "
		"BUSY -> IDLE rc=0$", sch, 0));
	EXPECT_LE(0, start);
	EXPECT_LT(step, ended);
	i = find(&t, ended, pattern("^vfio_ccw_effects: %s signal-io "
				    "timer=0 ms retired$", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_taken: %s seq=[0-9]+ "
		"guest scsw=00[8c]04007\\.%08x\\.0c000000$", sch, orb.cpa + 16));
	EXPECT_LE(0, i);
	/* That is all there is */
	EXPECT_EQ(7, t.n);
}

/* The program's address in the host, and the host's in the status, agree */
TEST_F(device, host_addresses)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_RNG);
	unsigned long host, cpa;
	struct ccwio_irb irb;
	struct trace t;
	int i;

	ASSERT_EQ(0, trace_on(sch));
	ASSERT_EQ(0, begin(dev, "nop cc sli; nop sli"));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	t = trace_off();
	i = find(&t, 0, "^vfio_ccw_start:");
	ASSERT_LE(0, i);
	host = strtoul(strstr(t.line[i], " host=") + 6, NULL, 16);
	i = find(&t, 0, "^vfio_ccw_irq:");
	ASSERT_LE(0, i);
	cpa = strtoul(strstr(t.line[i], " scsw=") + 6 + 9, NULL, 16);
	EXPECT_EQ(host + 16, cpa);
	EXPECT_NE(0, host);
}

/* Nothing is told of a subchannel that nobody asked for */
TEST_F(device, filter)
{
	struct trace t;

	ASSERT_EQ(0, trace_on("0.0.ffff"));
	EXPECT_EQ(1, works(&self->dev));
	t = trace_off();
	EXPECT_EQ(0, t.n);
	ASSERT_EQ(0, trace_on(subchannel(UUID_RNG)));
	EXPECT_EQ(1, works(&self->dev));
	t = trace_off();
	EXPECT_LT(0, t.n);
}

TEST_F(device, requests_refused)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_RNG);
	struct ccwio_orb orb;
	struct trace t;
	int i;

	ASSERT_EQ(0, suspend(dev, &orb));
	ASSERT_EQ(0, trace_on(sch));
	EXPECT_EQ(-EBUSY, ccwio_start(dev, &orb));
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(-EINVAL, ccwio_command(dev, CCWIO_CMD_CANCEL));
	t = trace_off();
	/* A start that is refused at once is no step */
	i = find(&t, 0, pattern("^vfio_ccw_step: %s XSCH: BUSY -> IDLE rc=0$",
				sch, 0));
	EXPECT_EQ(0, i);
	i = find(&t, i, pattern("^vfio_ccw_effects: %s .*retired$", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_step: %s XSCH: IDLE -> IDLE rc=-22$",
				sch, 0));
	EXPECT_LE(0, i);
}

TEST_F(device, halt_clear_reset)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_RNG);
	struct ccwio_irb irb;
	struct trace t;
	int i;

	ASSERT_EQ(0, trace_on(sch));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, ccwio_reset(dev));
	t = trace_off();
	i = find(&t, 0, pattern("^vfio_ccw_step: %s HSCH: IDLE -> BUSY rc=0$",
				sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_complete: %s no program halt host ",
				sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_taken: %s ", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_step: %s CSCH: IDLE -> BUSY rc=0$",
				sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_complete: %s no program clear host ",
				sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_step: %s RESET: IDLE -> QUIESCING ",
				sch, 0));
	/* Quiescing ends with the subchannel as after open */
	i = find(&t, i, pattern("^vfio_ccw_step: %s [A-Z]+: QUIESCING -> IDLE ",
				sch, 0));
	EXPECT_LE(0, i);
}

TEST_F(device, unmap)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_RNG);
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct trace t;
	void *mem;
	int i;

	for (i = 0; i < 2; i++) {
		mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_EQ(0, ccwio_map_memory(dev, mem, 0x70000000 + i * 4096,
					      4096, true));
	}
	ASSERT_EQ(0, begin_orb(dev, "orb F P S H; sense-id 0x70001000 8 cc sli; nop s sli",
			       &orb));
	ASSERT_EQ(1, suspended(dev));
	ASSERT_EQ(0, trace_on(sch));
	/* A container tells those who have pinned something; iommufd as well */
	ASSERT_EQ(0, ccwio_unmap_memory(dev, 0x70000000, 4096));
	ASSERT_EQ(0, ccwio_unmap_memory(dev, 0x70001000, 4096));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	t = trace_off();
	i = find(&t, 0, pattern("^vfio_ccw_unmap: %s iova=70001000 length=1000 "
				"used$", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_step: %s DMA_UNMAP: BUSY -> ", sch,
				0));
	i = find(&t, i, pattern("^vfio_ccw_taken: %s seq=[0-9]+ guest "
				"scsw=[0-9a-f]{8}\\.[0-9a-f]{8}\\.00040000$",
				sch, 0));
	EXPECT_LE(0, i);
}

TEST_F(device, open_and_close)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_RNG);
	struct trace t;
	int i;

	ASSERT_EQ(0, trace_on(sch));
	ccwio_close(dev);
	ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
	t = trace_off();
	i = find(&t, 0, pattern("^vfio_ccw_step: %s OFFLINE: IDLE -> "
				"QUIESCING rc=", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_step: %s [A-Z]+: QUIESCING -> "
				"STANDBY ", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_step: %s ONLINE: STANDBY -> IDLE "
				"rc=0$", sch, 0));
	EXPECT_LE(0, i);
}

/*
 * Have the terminal ask for attention long after the end of a program was read.
 * Returns the seconds until the user is told, or -1.
 */
static double attention_after_an_end(struct ccwio_dev *terminal, const char *sch)
{
	struct ccwio_irb irb;
	struct trace t;
	int i, told;

	if (begin(terminal, "buffer typed 4096; 0x06 typed 4096 sli") ||
	    ccwio_answer(terminal, TIMEOUT_MS, &irb) != 1)
		return -1;
	usleep(30000);
	if (trace_on(sch))
		return -1;
	host("enter 0");
	told = ccwio_wait(terminal, TIMEOUT_MS, &irb);
	t = trace_off();
	if (told != 1 || !ccwio_is_unsolicited(&irb))
		return -1;
	told = find(&t, 0, pattern("^vfio_ccw_irq: %s unsolicited ", sch, 0));
	/* It was held back, if only for a moment */
	i = find(&t, told, pattern("^vfio_ccw_effects: %s hold ", sch, 0));
	i = find(&t, i, pattern("^vfio_ccw_effects: %s signal-io ", sch, 0));
	ccwio_alloc_reset(terminal);
	return i < 0 ? -1 : t.seconds[i] - t.seconds[told];
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Status is held back for 5 ms from the read of an end on, not from its own
 * arrival: what comes later than that is told of at once. A machine that has other
 * things to do may need longer for all: then look again.
 */
TEST_F_TIMEOUT(device, status_long_after_an_end, 120)
{
	const char *sch = subchannel(UUID_TERMINAL);
	struct ccwio_dev terminal;
	double took[9];
	int i, k;

	ASSERT_EQ(0, open_dev(&terminal, UUID_TERMINAL, variant->backend));
	for (k = 0; k < 10; k++) {
		for (i = 0; i < 9; i++) {
			took[i] = attention_after_an_end(&terminal, sch);
			ASSERT_LE(0, took[i]);
		}
		qsort(took, 9, sizeof(took[0]), compare_double);
		TH_LOG("median of 9: %.3f ms", took[4] * 1000);
		if (took[4] < 0.004)
			break;
	}
	EXPECT_GT(10, k);
	ccwio_close(&terminal);
}

/* The line of @file in the device's debugfs directory that begins with @key */
static const char *debug_value(const char *file, const char *key)
{
	static char line[200];
	char path[PATH_MAX];
	size_t len = strlen(key);
	FILE *in;

	snprintf(path, sizeof(path), DEBUGFS "vfio/" UUID_RNG "/ccw/%s", file);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in)) {
		if (strncmp(line, key, len))
			continue;
		line[strcspn(line, "\n")] = '\0';
		fclose(in);
		return line + len;
	}
	if (in)
		fclose(in);
	return "";
}

TEST_F(device, debugfs_state)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;

	EXPECT_STREQ(subchannel(UUID_RNG), debug_value("state", "subchannel: "));
	EXPECT_STREQ("1111", debug_value("state", "device: "));
	EXPECT_STREQ("IDLE", debug_value("state", "state: "));
	EXPECT_STREQ("", debug_value("state", "functions:"));
	EXPECT_STREQ("no", debug_value("state", "program: "));
	EXPECT_STREQ("80", debug_value("state", "paths: "));
	EXPECT_STREQ("used 0 quarantined 0",
		     debug_value("state", "programs: "));
	ASSERT_EQ(0, suspend(dev, &orb));
	EXPECT_STREQ("BUSY", debug_value("state", "state: "));
	EXPECT_STREQ(" start", debug_value("state", "functions:"));
	EXPECT_STREQ("yes", debug_value("state", "program: "));
	EXPECT_STREQ("used 1 quarantined 0",
		     debug_value("state", "programs: "));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, signalled(dev->event[0], TIMEOUT_MS));
	EXPECT_EQ(0, strncmp("1 ", debug_value("state", "queued: "), 2));
	ccwio_close(dev);
	EXPECT_STREQ("STANDBY", debug_value("state", "state: "));
	EXPECT_EQ(0, strncmp("0 ", debug_value("state", "queued: "), 2));
}

TEST_F(device, debugfs_counters)
{
	static const struct { const char *key; long more; } counter[] = {
		{ "event SSCH: ", 1 }, { "event HSCH: ", 1 },
		{ "event CSCH: ", 2 }, { "event XSCH: ", 0 },
		{ "interrupt ending: ", 4 }, { "interrupt intermediate: ", 0 },
		{ "stray interrupts: ", 0 }, { "reports: ", 4 },
		{ "retries: ", 0 }, { "pages pinned: ", 1 },
		{ "unmaps of used memory: ", 0 },
		{ "channel reports lost: ", 0 },
	};
	long before[12], now;
	struct ccwio_irb irb;
	size_t i;

	for (i = 0; i < 12; i++) {
		ASSERT_STRNE("", debug_value("counters", counter[i].key))
			TH_LOG("no %s", counter[i].key);
		before[i] = atol(debug_value("counters", counter[i].key));
	}
	EXPECT_EQ(1, works(&self->dev));
	EXPECT_EQ(-EINVAL, ccwio_command(&self->dev, CCWIO_CMD_CANCEL));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, ccwio_command(&self->dev, i ? CCWIO_CMD_CLEAR :
						       CCWIO_CMD_HALT));
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	}
	for (i = 0; i < 12; i++) {
		now = atol(debug_value("counters", counter[i].key));
		EXPECT_EQ(counter[i].more, now - before[i])
			TH_LOG("%s", counter[i].key);
	}
}

/* The last 32 steps, oldest first, the newest at the end */
TEST_F(device, debugfs_events)
{
	char path[] = DEBUGFS "vfio/" UUID_RNG "/ccw/events";
	unsigned long age, older = ULONG_MAX;
	char line[200], last[200] = "", *at;
	unsigned int i, n = 0;
	struct ccwio_irb irb;
	FILE *in;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, ccwio_command(&self->dev, CCWIO_CMD_CLEAR));
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	}
	EXPECT_EQ(-EINVAL, ccwio_command(&self->dev, CCWIO_CMD_CANCEL));
	in = fopen(path, "re");
	ASSERT_NE(NULL, in);
	while (fgets(line, sizeof(line), in)) {
		age = strtoul(line, &at, 10);
		ASSERT_EQ(0, strncmp(at, " ms ago: ", 9));
		snprintf(last, sizeof(last), "%.*s", (int)strcspn(at + 9, "\n"),
			 at + 9);
		EXPECT_LE(age, older);
		older = age;
		n++;
	}
	fclose(in);
	EXPECT_EQ(32, n);
	EXPECT_STREQ("XSCH: IDLE -> IDLE -22", last);
}

/*
 * None of them is forgotten when their number wraps, which is soon after binding in
 * the module of the hardened kernel
 */
TEST_F_TIMEOUT(device, debugfs_events_since_binding, 120)
{
	const char *path = DEBUGFS "vfio/" UUID_RNG "/ccw/events";
	unsigned int i, n, before = 0;
	struct ccwio_irb irb;
	char sch[64], line[200];
	FILE *in;

	snprintf(sch, sizeof(sch), "%s", subchannel(UUID_RNG));
	ccwio_close(&self->dev);
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", sch));
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", sch));
	ASSERT_EQ(0, restore());
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, variant->backend));
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(0, ccwio_command(&self->dev, CCWIO_CMD_CLEAR));
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
		in = fopen(path, "re");
		ASSERT_NE(NULL, in);
		for (n = 0; fgets(line, sizeof(line), in); n++)
			;
		fclose(in);
		EXPECT_LE(before, n);
		before = n;
	}
	EXPECT_EQ(32, before);
}

/* Whether @text is in the view @view of the debug feature's log @log */
static int logged(const char *log, const char *view, const char *text)
{
	char path[PATH_MAX], line[600];
	int found = 0;
	FILE *in;

	snprintf(path, sizeof(path), DEBUGFS "s390dbf/%s/%s", log, view);
	in = fopen(path, "re");
	while (in && !found && fgets(line, sizeof(line), in))
		found = !!strstr(line, text);
	if (in)
		fclose(in);
	return found;
}

TEST_F(device, debug_feature)
{
	struct ccwio_irb irb;

	ASSERT_EQ(0, put(DEBUGFS "s390dbf/vfio_ccw_trace/flush", "-"));
	ASSERT_EQ(0, ccwio_command(&self->dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(0, logged("vfio_ccw_trace", "hex_ascii", "HSCH"));
	ASSERT_EQ(0, put(DEBUGFS "s390dbf/vfio_ccw_trace/level", "6"));
	ASSERT_EQ(0, ccwio_command(&self->dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, logged("vfio_ccw_trace", "hex_ascii", "HSCH"));
	ASSERT_EQ(0, put(DEBUGFS "s390dbf/vfio_ccw_trace/level", "2"));
	/* What stops the channel is told at the usual level */
	ASSERT_EQ(0, put(DEBUGFS "s390dbf/vfio_ccw_msg/flush", "-"));
	ASSERT_EQ(0, ccwio_reset(&self->dev));
	EXPECT_EQ(1, logged("vfio_ccw_msg", "sprintf",
			    "RESET: IDLE -> QUIESCING"));
}

/* Who is not root can read none of it, nor has a way to the device */
#define NOBODY	65534

TEST_F(device, nothing_for_others)
{
	static const char * const file[] = {
		DEBUGFS "vfio/" UUID_RNG "/ccw/state",
		DEBUGFS "vfio/" UUID_RNG "/ccw/events",
		DEBUGFS "vfio/" UUID_RNG "/ccw/counters",
		DEBUGFS "vfio/" UUID_RNG "/ccw/kept",
		DEBUGFS "s390dbf/vfio_ccw_msg/sprintf",
		DEBUGFS "s390dbf/vfio_ccw_trace/hex_ascii",
	};
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
	};
	struct ccwio_dev other;
	int status, wrong = 0;
	struct stat st;
	pid_t child;
	size_t i;

	for (i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		ASSERT_EQ(0, stat(file[i], &st))
			TH_LOG("no %s", file[i]);
		EXPECT_EQ(0, st.st_uid);
		EXPECT_EQ(0, st.st_mode & 077)
			TH_LOG("%s is for others, too", file[i]);
	}
	/* That it works for root is what makes the failure tell something */
	ASSERT_EQ(0, ccwio_open(&other, &options));
	ccwio_close(&other);
	child = fork();
	if (!child) {
		if (setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			_exit(100);
		for (i = 0; i < sizeof(file) / sizeof(file[0]); i++)
			wrong += open(file[i], O_RDONLY) >= 0;
		wrong += !ccwio_open(&other, &options);
		_exit(wrong);
	}
	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
