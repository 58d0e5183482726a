// SPDX-License-Identifier: GPL-2.0
/*
 * The command ccwio and its library: what becomes of the text form of a
 * channel program, what a decoder says, and that a slip of the user's gives a
 * sentence and a status that is not 0. Bytes are written down as the
 * Principles of Operation have them.
 */
#define _GNU_SOURCE
#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define CCWIO	"./ccwio"
#define CHECK	"./vfio-ccw-check"

struct assembled {
	const char *text;
	uint32_t orb[3];
	uint64_t at;		/* where @bytes are */
	unsigned int size;
	uint8_t bytes[32];
};

/* Memory is given out from 0x60001000 and, for format 0, from 0x00c01000 on */
static const struct assembled assembled[] = {
	{ "nop", { 0, 0x00c0ff00, 0x60001000 }, 0x60001000, 16,
	  { 0x03 } },
	{ "# a comment; not a statement\n\tnop sli # another\n",
	  { 0, 0x00c0ff00, 0x60001000 }, 0x60001000, 16, { 0x03, 0x20 } },
	{ "orb F P key=5 lpm=0x80 intparm=0x11223344; nop",
	  { 0x11223344, 0x50c08000, 0x60001000 }, 0x60001000, 8, { 0x03 } },
	{ "orb S C M Y F P I A U B H T L D X; nop",
	  { 0, 0x0fffffc1, 0x60001000 }, 0x60001000, 8, { 0x03 } },
	{ "orb F P cpa=two; nop; two: nop", { 0, 0x00c0ff00, 0x60001008 },
	  0x60001008, 8, { 0x03 } },
	{ "buffer b 64; sense-id b", { 0, 0x00c0ff00, 0x60002000 },
	  0x60002000, 8, { 0xe4, 0, 0, 64, 0x60, 0, 0x10, 0 } },
	{ "buffer b 64; 0x27 b+8 4660 cd cc sli skip pci ida s mida",
	  { 0, 0x00c0ff00, 0x60002000 }, 0x60002000, 8,
	  { 0x27, 0xff, 0x12, 0x34, 0x60, 0, 0x10, 8 } },
	{ "write 0x12345678 1 cc; read-backward 0x70000000 2 cc; control; sense",
	  { 0, 0x00c0ff00, 0x60001000 }, 0x60001000, 32,
	  { 0x01, 0x40, 0, 1, 0x12, 0x34, 0x56, 0x78,
	    0x0c, 0x40, 0, 2, 0x70, 0, 0, 0, 0x07, 0, 0, 0, 0, 0, 0, 0,
	    0x04 } },
	{ "one: nop cc; tic one", { 0, 0x00c0ff00, 0x60001000 }, 0x60001000, 16,
	  { 0x03, 0x40, 0, 0, 0, 0, 0, 0, 0x08, 0, 0, 0, 0x60, 0, 0x10, 0 } },
	{ "nop cc; tic x; segment; x: nop", { 0, 0x00c0ff00, 0x60001000 },
	  0x60001008, 8, { 0x08, 0, 0, 0, 0x60, 0, 0x90, 0 } },
	{ "nop cc; segment at=0x70000100; raw 0102030405060708",
	  { 0, 0x00c0ff00, 0x60001000 }, 0x70000100, 8,
	  { 1, 2, 3, 4, 5, 6, 7, 8 } },
	/* Format 0: command, 24-bit address, flags, nothing, count */
	{ "orb P; buffer b 8; sense-id b 5 sli", { 0, 0x0040ff00, 0x00c02000 },
	  0x00c02000, 8, { 0xe4, 0xc0, 0x10, 0, 0x20, 0, 0, 5 } },
	/* Lists of either format; the flag comes by itself */
	{ "orb F P; idal l 0x7fffffff 4096; sense-id l 8",
	  { 0, 0x00c0ff00, 0x60002000 }, 0x60001000, 8,
	  { 0x7f, 0xff, 0xff, 0xff, 0, 0, 0x10, 0 } },
	{ "orb F P H; idal l 0x123456789abcdef0 8; sense-id l 8",
	  { 0, 0x00c2ff00, 0x60002000 }, 0x60001000, 16,
	  { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
	    0, 0, 0, 0, 0, 0, 0, 8 } },
	{ "orb F P H; idal l 0; sense-id l 8 sli", { 0, 0x00c2ff00, 0x60002000 },
	  0x60002000, 8, { 0xe4, 0x24, 0, 8, 0x60, 0, 0x10, 0 } },
	{ "orb F P D; midal l 0x10000/16/skip 0x20000/258; sense-id l 8",
	  { 0, 0x00c0ff40, 0x60002000 }, 0x60001000, 32,
	  { 0, 0, 0, 0, 0, 0x40, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0,
	    0, 0, 0, 0, 0, 0x80, 1, 2, 0, 0, 0, 0, 0, 2, 0, 0 } },
	{ "orb F P D; midal l 0/1; sense-id l 8", { 0, 0x00c0ff40, 0x60002000 },
	  0x60002000, 8, { 0xe4, 0x01, 0, 8, 0x60, 0, 0x10, 0 } },
	/* What a buffer holds */
	{ "buffer b 4 fill=0xa5; nop", { 0, 0x00c0ff00, 0x60002000 },
	  0x60001000, 4, { 0xa5, 0xa5, 0xa5, 0xa5 } },
	{ "buffer b 5 fill=count; nop", { 0, 0x00c0ff00, 0x60002000 },
	  0x60001000, 5, { 0, 1, 2, 3, 4 } },
	{ "buffer b 5 hex=c1c2c3 fill=7; nop", { 0, 0x00c0ff00, 0x60002000 },
	  0x60001000, 5, { 0xc1, 0xc2, 0xc3, 7, 7 } },
	{ "buffer b 4 text=abcdef; nop", { 0, 0x00c0ff00, 0x60002000 },
	  0x60001000, 5, { 'a', 'b', 'c', 'd', 0 } },
	{ "buffer b 2 align=4096 skew=4095 fill=1; nop",
	  { 0, 0x00c0ff00, 0x60003000 }, 0x60001ffe, 4, { 0, 1, 1, 0 } },
};

TEST_F(device, text_becomes_bytes)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_program *program;
	const struct ccwio_orb *orb;
	const struct assembled *a;
	size_t i;

	for (i = 0; i < sizeof(assembled) / sizeof(assembled[0]); i++) {
		a = &assembled[i];
		memset(ccwio_mem(dev, CCWIO_BASE), 0, 65536);
		memset(ccwio_mem(dev, CCWIO_LOW), 0, 65536);
		ccwio_alloc_reset(dev);
		program = ccwio_assemble(dev, a->text);
		EXPECT_EQ(NULL, ccwio_program_error(program))
			TH_LOG("%s: %s", a->text, ccwio_program_error(program));
		orb = ccwio_program_orb(program);
		EXPECT_EQ(a->orb[0], orb->intparm);
		EXPECT_EQ(a->orb[1], orb->ctl) TH_LOG("%s", a->text);
		EXPECT_EQ(a->orb[2], orb->cpa) TH_LOG("%s", a->text);
		ASSERT_NE(NULL, ccwio_mem(dev, a->at));
		EXPECT_EQ(0, memcmp(ccwio_mem(dev, a->at), a->bytes, a->size))
			TH_LOG("%s", a->text);
		ccwio_free_program(program);
	}
}

/* What the sentence has to say; all of them say in which line */
static const struct { const char *text, *sentence; } slips[] = {
	{ "", "line 1: there is no CCW" },
	{ "nop\nfrobnicate", "line 2: frobnicate means nothing here" },
	{ "orb F P Q; nop", "the ORB has no Q" },
	{ "orb F P key=16; nop", "16 is too large for a key" },
	{ "orb F P lpm=256; nop", "256 is too large for a path mask" },
	{ "orb F P intparm=0x100000000; nop", "too large for 32 bits" },
	{ "orb F P intparm=x; nop", "x is not a number" },
	{ "orb F P cpa=nowhere; nop", "nothing is called nowhere" },
	{ "buffer", "buffer NAME SIZE" },
	{ "buffer b 0; nop", "buffer NAME SIZE" },
	{ "buffer b 8; buffer b 8; nop", "b is no good name or is taken" },
	{ "buffer 7 8; nop", "7 is no good name or is taken" },
	{ "buffer b 8 align=0; nop", "align=0" },
	{ "buffer b 8 colour=red; nop", "a buffer has no colour=red" },
	{ "buffer b 8 fill=red; nop", "cannot fill with red" },
	{ "buffer b 2 hex=010203; nop", "too many bytes" },
	{ "buffer b 2 hex=0x; nop", "not a row of bytes" },
	{ "buffer b 99999999; nop", "b is larger than the memory" },
	{ "idal l; nop", "idal NAME ADDRESS" },
	{ "idal l 0x100000000; nop", "0x100000000 is too large for 32 bits" },
	{ "midal l 0; nop", "a MIDAW is ADDRESS/COUNT" },
	{ "midal l 0/65536; nop", "65536 is too large for a count" },
	{ "midal l 0/1/jump; nop", "a MIDAW is ADDRESS/COUNT" },
	{ "sense-id nowhere 8", "nothing is called nowhere" },
	{ "buffer b 8; sense-id b+x 8", "b+x is not an address" },
	{ "nop 0 1 fast", "a CCW has no fast" },
	{ "nop 0 65536", "65536 is too large for a count" },
	{ "nop 0x100000000", "too large for the 32 bits of an address" },
	{ "orb P; nop 0x1000000", "too large for the 24 bits of an address" },
	{ "raw 00", "raw takes eight bytes" },
	{ "raw 000102030405060g", "not a row of bytes" },
	{ "segment at=0x70000ff8; nop cc; nop", "no memory for a CCW at" },
	{ "segment at=4; nop", "segment [at=ADDRESS], on a doubleword" },
	{ "segment here; nop", "segment [at=ADDRESS], on a doubleword" },
	{ "nop\n\nexpect", "line 3: expect errno|dev|sch|cpa|count|cc VALUE" },
	{ "nop; expect joy 1", "cannot expect joy" },
	{ "nop; expect errno EWRONG", "EWRONG is no errno" },
	{ "nop; expect dev ce+xx", "ce+xx is no status" },
	{ "nop; expect sch ce", "ce is no status" },
	{ "nop; expect cpa nowhere", "nothing is called nowhere" },
	{ "buffer b 8; nop; expect data b 0g", "not a row of bytes" },
};

TEST_F(device, slips_in_a_text)
{
	struct ccwio_program *program;
	const char *error;
	size_t i;

	for (i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		ccwio_alloc_reset(&self->dev);
		program = ccwio_assemble(&self->dev, slips[i].text);
		error = ccwio_program_error(program);
		ASSERT_NE(NULL, error) TH_LOG("%s", slips[i].text);
		EXPECT_EQ(0, strncmp(error, "line ", 5)) TH_LOG("%s", error);
		EXPECT_NE(NULL, strstr(error, slips[i].sentence))
			TH_LOG("%s: %s", slips[i].text, error);
		ccwio_free_program(program);
	}
}

/* What is expected and what came, compared as they should be */
TEST_F(device, expectations)
{
	static const struct { const char *text; int differences; } table[] = {
		{ "dev ce+de", 0 }, { "dev ce", 1 }, { "dev none", 1 },
		{ "sch none", 0 }, { "sch prog+il", 1 }, { "errno 0", 0 },
		{ "errno EBUSY", 1 }, { "count 60", 0 }, { "count 61", 1 },
		{ "cc 0", 0 }, { "cc 1", 1 }, { "cpa first+8", 0 },
		{ "cpa first", 1 }, { "data b 01 02", 0 }, { "data b 0102", 0 },
		{ "data b 02", 1 }, { "data b+1 02", 0 },
		{ "dev ce+de; expect count 60; expect cc 0", 0 },
		{ "dev ce; expect count 61; expect cc 1", 3 },
	};
	struct ccwio_irb irb = {
		.scsw = { .dev = CCWIO_DEV_CE | CCWIO_DEV_DE, .count = 60 },
	};
	struct ccwio_program *program;
	FILE *out = fopen("/dev/null", "w");
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		ccwio_alloc_reset(&self->dev);
		snprintf(text, sizeof(text), "buffer b 64 hex=0102;"
			 "first: sense-id b; expect %s", table[i].text);
		program = ccwio_assemble(&self->dev, text);
		ASSERT_EQ(NULL, ccwio_program_error(program));
		irb.scsw.cpa = ccwio_program_orb(program)->cpa + 8;
		EXPECT_EQ(table[i].differences,
			  ccwio_program_check(out, &self->dev, program, 0,
					      &irb))
			TH_LOG("%s", table[i].text);
		ccwio_free_program(program);
	}
	/* A start that fails is a difference unless it is what was wanted */
	program = ccwio_assemble(&self->dev, "nop; expect dev ce");
	EXPECT_EQ(1, ccwio_program_check(out, &self->dev, program, -EBUSY,
					 &irb));
	ccwio_free_program(program);
	program = ccwio_assemble(&self->dev, "nop; expect errno EBUSY");
	EXPECT_EQ(0, ccwio_program_check(out, &self->dev, program, -EBUSY,
					 &irb));
	ccwio_free_program(program);
	fclose(out);
}

/* A program's output, both streams, and how it ended */
static int run_program(const char *program, const char *arguments, char *said,
		       size_t size)
{
	char line[1000];
	size_t used = 0;
	int status;
	FILE *out;

	snprintf(line, sizeof(line), "%s %s 2>&1", program, arguments);
	out = popen(line, "r");
	if (!out)
		return -errno;
	while (used < size - 1 && !feof(out))
		used += fread(said + used, 1, size - 1 - used, out);
	said[used] = '\0';
	status = pclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

static int command(const char *arguments, char *said, size_t size)
{
	return run_program(CCWIO, arguments, said, size);
}

/* FIXTURE and TEST_F open a device; these need none */
static const struct { const char *arguments, *said; } decoded[] = {
	{ "decode ccw1 e4600040 60001000",
	  "  CCW      0x00000000: e4 sense-id         0x60001000 count 64    CC SLI\n" },
	{ "decode ccw0 02123456 8c 00 0102",
	  "  CCW      0x00000000: 02 read             0x00123456 count 258   CD PCI IDA\n" },
	{ "decode ccw1 0800000060001000",
	  "  CCW      0x00000000: 08 tic              0x60001000\n" },
	{ "decode orb 00000000 50c2ff80 60002000",
	  "  ORB      program at 0x60002000, key 5, paths ff:"
	  " format-1 prefetch format-2-IDAWs length-suppression\n" },
	{ "decode scsw 00c04007 60002010 0c000020",
	  "  status   START primary secondary status-pending\n"
	  "  device   channel-end device-end\n"
	  "  channel  none\n"
	  "  ended at 0x60002010, 32 bytes not transferred\n" },
	{ "decode scsw 03004011 00000000 00000000",
	  "  status   START alert status-pending\n"
	  "  deferred condition code 3\n"
	  "  device   none\n"
	  "  channel  none\n"
	  "  ended at 0x00000000, 0 bytes not transferred\n" },
	{ "decode scsw 00802017 00000008 00600000",
	  "  status   HALT alert primary secondary status-pending\n"
	  "  device   none\n"
	  "  channel  incorrect-length program-check\n"
	  "  ended at 0x00000008, 0 bytes not transferred\n" },
	/* Logout with path 80, concurrent sense of 2 bytes, both addresses */
	{ "decode irb 00c04017 60001008 0e000000 00800000 03820000 00000001"
	  " 23456000 60001010 80400000 00000000 00000000 00000000 00000000"
	  " 00000000 00000000 00000000"
	  " 0000000000000000000000000000000000000000000000000000000000000000",
	  "  status   START alert primary secondary status-pending\n"
	  "  device   channel-end device-end unit-check\n"
	  "  channel  none\n"
	  "  ended at 0x60001008, 0 bytes not transferred\n"
	  "  extended 00800000 03820000 00000001 23456000 60001010, paths used 80: failing-storage-address concurrent-sense secondary-CCW-address\n"
	  "  failing storage at 0x123456000\n"
	  "  secondary CCW at 0x60001010\n"
	  "  sense    8040(command-reject)\n" },
	{ "decode sense 48010203 04",
	  "  sense    48010203 04(intervention-required data-check)\n" },
	{ "decode crw 24060001",
	  "  CRW      channel path 0001, error recovery code 6, overflow\n" },
	{ "decode crw 00000000", "  CRW      none\n" },
	{ "decode schib 00000000 00811111 80008080 00008080 01000000 00000000"
	  " 00000000 00004020 00000000 00000000 00000000 00000000 00000000",
	  "  PMCW     device 1111, isc 0, enabled device-valid\n"
	  "  paths    logical 80, not operational 00, last used 80, installed 80, operational 80, available 80\n"
	  "  chpids   01\n"
	  "  status   START suspended, address 0x00000000\n" },
};

TEST(words_for_bytes)
{
	char said[4096];
	size_t i;

	for (i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++) {
		EXPECT_EQ(0, command(decoded[i].arguments, said, sizeof(said)));
		EXPECT_STREQ(decoded[i].said, said)
			TH_LOG("%s", decoded[i].arguments);
	}
}

/* Status 2: nothing was done because nobody could know what was meant */
static const struct { const char *arguments, *said; } wrong[] = {
	{ "", "usage: ccwio" },
	{ UUID_RNG, "usage: ccwio" },
	{ "--colour " UUID_RNG " info", "see ccwio --help" },
	{ "--backend pci " UUID_RNG " info", "see ccwio --help" },
	{ "--timeout soon " UUID_RNG " info", "--timeout: soon is not a number" },
	{ "--timeout -1 " UUID_RNG " info", "--timeout: -1 is not a number" },
	{ "--address 12x " UUID_RNG " info", "--address: 12x is not a number" },
	{ UUID_RNG " dance", "no such request: dance" },
	{ UUID_RNG " run", "no such request: run" },
	{ UUID_RNG " halt now", "no such request: halt with 1 argument" },
	{ UUID_RNG " sleep long", "sleep: long is not a number" },
	{ UUID_RNG " run /nowhere", "the program cannot be read" },
	{ UUID_RNG " exec 'nop 0 1 fast'", "line 1: a CCW has no fast" },
	{ UUID_RNG " exec 'nop; expect joy 1'", "line 1: cannot expect joy" },
	{ UUID_RNG " poke 0 00", "poke ADDRESS BYTES" },
	{ UUID_RNG " exec nop : poke x 0", "poke ADDRESS BYTES" },
	{ "decode", "usage: ccwio" },
	{ "decode tea 00", "decode irb|scsw|orb|sense" },
	{ "decode crw", "crw has 4 bytes, not 0" },
	{ "decode crw 0000", "crw has 4 bytes, not 2" },
	{ "decode irb 00c04007 60002010 0c000020", "irb has 96 bytes, not 12" },
	{ "decode crw 0000000g", "pairs of hexadecimal digits" },
	{ "decode crw 000", "pairs of hexadecimal digits" },
	{ "decode sense", "decode irb|scsw|orb|sense" },
};

TEST(slips_in_a_command)
{
	char said[16384];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT_EQ(2, command(wrong[i].arguments, said, sizeof(said)))
			TH_LOG("ccwio %s: %s", wrong[i].arguments, said);
		EXPECT_NE(NULL, strstr(said, wrong[i].said))
			TH_LOG("ccwio %s: %s", wrong[i].arguments, said);
	}
}

/* Status 1: it was understood, and did not work or was not as expected */
TEST(failures_of_a_command)
{
	static const struct { const char *arguments, *said; } table[] = {
		{ "22222222-0000-4000-8000-000000000000 info",
		  "no mdev 22222222-0000-4000-8000-000000000000" },
		{ UUID_RNG " cancel", "Invalid argument" },
		{ UUID_RNG " resume", "Invalid argument" },
		{ "-t 20 " UUID_RNG " wait", "no status came" },
		{ UUID_RNG " exec 'nop sli; expect dev uc'",
		  "expected device status 02, got 0c" },
		{ UUID_RNG " exec 'orb F P B; nop'", "Operation not supported" },
		{ "-t 20 " UUID_RNG " exec 'orb F P S H; sense-id 0 8 s sli'",
		  "no answer within 20 ms" },
	};
	char said[16384];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		EXPECT_EQ(1, command(table[i].arguments, said, sizeof(said)))
			TH_LOG("ccwio %s: %s", table[i].arguments, said);
		EXPECT_NE(NULL, strstr(said, table[i].said))
			TH_LOG("ccwio %s: %s", table[i].arguments, said);
	}
}

/* Every request once, in one opening of the device, with either back end */
TEST(requests_of_a_command)
{
	static const char requests[] = UUID_RNG " info : schib : crw : sleep 1"
		" : exec 'buffer id 8 fill=0xee; first: nop cc sli; sense-id id"
		" 8 sli; expect dev ce+de; expect cpa first+16; expect data id"
		" ff 38 32 04' : halt : clear : reset";
	static const char * const said_so[] = {
		"device ccw reset, 4 regions, 3 irqs",
		"region 0 at 0x0, 124 bytes, read write\n",
		"region 1 at 0x400, 8 bytes, read write, capability 2 (type 2 "
		"subtype 1), capability 52417",
		"irq 2: eventfd, 1", "PMCW     device 1111", "CRW      none",
		"CCW      0x60002008: e4 sense-id         0x60001000 count 8     SLI",
		"device   channel-end device-end", "ended at 0x60002010",
		"0x60001000: ff 38 32 04", "as expected", "halt     accepted",
		"clear    accepted", "reset    done",
	};
	static const char * const backend[] = { "type1", "iommufd" };
	char line[1000], said[16384];
	size_t i, b;

	for (b = 0; b < (has_iommufd() ? 2 : 1); b++) {
		snprintf(line, sizeof(line), "--backend %s %s", backend[b],
			 requests);
		EXPECT_EQ(0, command(line, said, sizeof(said)))
			TH_LOG("%s", said);
		for (i = 0; i < sizeof(said_so) / sizeof(said_so[0]); i++)
			EXPECT_NE(NULL, strstr(said, said_so[i]))
				TH_LOG("no \"%s\" in: %s", said_so[i], said);
		snprintf(line, sizeof(line), "-q --backend %s %s", backend[b],
			 UUID_RNG " exec 'nop sli; expect dev ce+de' : halt");
		EXPECT_EQ(0, command(line, said, sizeof(said)));
		EXPECT_STREQ("", said);
	}
}

/* A suspended program is changed and resumed by name */
TEST(poke_and_resume)
{
	char said[16384];

	ASSERT_EQ(0, system("echo 'orb F P S H; buffer id 8; "
			    "first: sense-id id 8 s sli' >/tmp/suspended"));
	EXPECT_EQ(0, command(UUID_RNG " start /tmp/suspended : sleep 50 :"
			     " poke first+1 20 : resume : wait", said,
			     sizeof(said))) TH_LOG("%s", said);
	EXPECT_NE(NULL, strstr(said, "device   channel-end device-end"));
	/* The same text, by way of standard input */
	EXPECT_EQ(0, command(UUID_RNG " start - : sleep 50 : poke first+1 20 :"
			     " resume : wait </tmp/suspended", said,
			     sizeof(said))) TH_LOG("%s", said);
}

/* How many lines of vfio-ccw-check's begin with @words */
static unsigned int lines_with(const char *said, const char *words)
{
	unsigned int n = 0;

	for (; said; said = strchr(said, '\n'), said += !!said)
		n += !strncmp(said, words, strlen(words));
	return n;
}

FIXTURE(check) {
};

FIXTURE_VARIANT(check) {
	const char *backend;
};

FIXTURE_VARIANT_ADD(check, type1) {
	.backend = "type1",
};

FIXTURE_VARIANT_ADD(check, iommufd) {
	.backend = "iommufd",
};

FIXTURE_SETUP(check)
{
}

FIXTURE_TEARDOWN(check)
{
}

/*
 * The emulated channel has neither MIDAWs nor program-controlled interruptions,
 * and does not chain data for SENSE ID or take another length; everything else has
 * to be there.
 */
TEST_F_TIMEOUT(check, of_a_device, 240)
{
	char line[200], said[16384];

	snprintf(line, sizeof(line), "--backend %s -r /tmp/report %s",
		 variant->backend, UUID_RNG);
	EXPECT_EQ(0, run_program(CHECK, line, said, sizeof(said)))
		TH_LOG("%s", said);
	EXPECT_NE(NULL, strstr(said, "control unit 3832/04"));
	EXPECT_EQ(39, lines_with(said, "ok  ")) TH_LOG("%s", said);
	EXPECT_EQ(0, lines_with(said, "not ok")) TH_LOG("%s", said);
	EXPECT_EQ(4, lines_with(said, "not possible here")) TH_LOG("%s", said);
	EXPECT_NE(NULL, strstr(said, ", 0 not ok, "));
	/* The report says the same */
	EXPECT_LT(0, strlen(get("/tmp/report")));
	EXPECT_EQ(0, strncmp(said, get("/tmp/report"),
			     strlen(get("/tmp/report"))));
}

FIXTURE(check_by_subchannel) {
	char sch[32];
	char available[200];
};

FIXTURE_SETUP(check_by_subchannel)
{
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG));
	snprintf(self->available, sizeof(self->available),
		 "/sys/bus/css/devices/%s/mdev_supported_types/vfio_ccw-io/available_instances",
		 self->sch);
}

FIXTURE_TEARDOWN(check_by_subchannel)
{
	EXPECT_EQ(0, restore());
}

/* The device that is there is the one that is checked, and stays */
TEST_F_TIMEOUT(check_by_subchannel, that_has_a_device, 240)
{
	char said[16384];

	EXPECT_EQ(0, run_program(CHECK, self->sch, said, sizeof(said)))
		TH_LOG("%s", said);
	EXPECT_EQ(39, lines_with(said, "ok  ")) TH_LOG("%s", said);
	EXPECT_EQ(0, access("/sys/bus/mdev/devices/" UUID_RNG, F_OK));
}

/* One is made for the time of the check, and is gone when that ends */
TEST_F_TIMEOUT(check_by_subchannel, that_has_none, 240)
{
	char said[16384];

	ASSERT_EQ(0, remove_mdev(UUID_RNG));
	ASSERT_EQ(1, becomes(self->available, "1", PATIENCE_MS));
	EXPECT_EQ(0, run_program(CHECK, self->sch, said, sizeof(said)))
		TH_LOG("%s", said);
	EXPECT_EQ(39, lines_with(said, "ok  ")) TH_LOG("%s", said);
	EXPECT_EQ(0, strcmp("1", get(self->available)));
}

/* ... or is ended: by a signal to whoever was started, as soon as the device is made */
TEST_F_TIMEOUT(check_by_subchannel, that_has_none_and_a_signal, 120)
{
	int status, out;
	pid_t pid;

	ASSERT_EQ(0, remove_mdev(UUID_RNG));
	ASSERT_EQ(1, becomes(self->available, "1", PATIENCE_MS));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		out = open("/dev/null", O_WRONLY);
		dup2(out, STDOUT_FILENO);
		execl(CHECK, CHECK, self->sch, NULL);
		_exit(127);
	}
	EXPECT_EQ(1, becomes(self->available, "0", PATIENCE_MS));
	EXPECT_EQ(0, kill(pid, SIGTERM));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(128 + SIGTERM, WEXITSTATUS(status));
	EXPECT_EQ(0, strcmp("1", get(self->available)));
}

/* What cannot be checked is said in one sentence, and is no good result */
TEST(checks_that_cannot_be_made)
{
	static const struct { const char *arguments, *said; } table[] = {
		{ "", "name one device" },
		{ UUID_RNG " " UUID_RNG, "name one device" },
		{ "--colour " UUID_RNG, "there is no such option" },
		{ "-b pci " UUID_RNG, "the back end is type1 or iommufd" },
		{ "-t soon " UUID_RNG, "the timeout is a number" },
		{ "-r /missing/report " UUID_RNG, "the report cannot be written" },
		{ "-s ten " UUID_RNG, "the cylinder is a number" },
		{ "-y " UUID_RNG, "--yes is for --scratch" },
		{ "-s 10 -y " UUID_RNG, "--scratch is for a 3390" },
		{ "22222222-0000-4000-8000-000000000000", "no mdev 22222222" },
		{ "0.0.fffe", "is it bound to vfio_ccw?" },
		/* No pattern, though a device may match it */
		{ "'0.0.*'", "no mdev 0.0.*" },
	};
	char said[16384];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		EXPECT_EQ(2, run_program(CHECK, table[i].arguments, said,
					 sizeof(said)))
			TH_LOG("vfio-ccw-check %s: %s", table[i].arguments, said);
		EXPECT_NE(NULL, strstr(said, table[i].said))
			TH_LOG("vfio-ccw-check %s: %s", table[i].arguments, said);
	}
}

/* A device that somebody uses is left alone */
TEST_F(device, check_of_a_device_in_use)
{
	char said[4096];

	EXPECT_EQ(2, run_program(CHECK, UUID_RNG, said, sizeof(said)))
		TH_LOG("%s", said);
	EXPECT_NE(NULL, strstr(said, "vfio-ccw-check: cannot open"))
		TH_LOG("%s", said);
}

/* The help names every request, every statement and every status */
TEST(help)
{
	static const char * const words[] = {
		"--backend", "--address", "--timeout", "--quiet", "--help",
		"decode", "info", "run FILE", "exec TEXT", "start FILE", "wait",
		"poke ADDRESS", "resume", "cancel", "halt", "clear", "reset",
		"schib", "crw", "sleep MS", "orb ", "buffer NAME SIZE", "idal",
		"midal", "raw BYTES", "segment", "expect errno", "expect dev|sch",
		"expect cpa", "expect count", "expect cc", "expect data", "tic",
		"Ends with 0",
	};
	char said[16384];
	size_t i;

	EXPECT_EQ(0, command("--help", said, sizeof(said)));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		EXPECT_NE(NULL, strstr(said, words[i])) TH_LOG("%s", words[i]);
}

TEST(help_of_the_check)
{
	static const char * const words[] = {
		"--backend", "--no-suspend", "--report", "--scratch", "--yes",
		"--timeout", "--help", "UUID|SUBCHANNEL", "Ends with 0",
	};
	char said[4096];
	size_t i;

	EXPECT_EQ(0, run_program(CHECK, "--help", said, sizeof(said)));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		EXPECT_NE(NULL, strstr(said, words[i])) TH_LOG("%s", words[i]);
}

TEST_HARNESS_MAIN
