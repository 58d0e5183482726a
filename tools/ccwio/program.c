// SPDX-License-Identifier: GPL-2.0
/*
 * libccwio: the text form of channel programs
 *
 * The same walk over the lines runs three times: the first time to learn the
 * ORB (the CCW format decides where things may lie), the second to give every
 * label, buffer and list its address, the third to fill the memory in.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "ccwio.h"

#define MAX_SYMBOLS	256
#define MAX_CCWS	4096
#define MAX_SEGMENTS	64
#define MAX_TOKENS	600
#define MAX_LINE	8192

enum pass { PASS_ORB, PASS_LAYOUT, PASS_FILL, NR_PASSES };

enum kind { KIND_LABEL, KIND_BUFFER, KIND_IDAL, KIND_MIDAL };

struct symbol {
	char name[32];
	enum kind kind;
	uint64_t iova;
	size_t size;
};

struct expect {
	struct expect *next;
	unsigned int line;
	char *text;
};

struct ccwio_program {
	struct ccwio_dev *dev;
	struct ccwio_orb orb;
	bool orb_given;
	bool cpa_given;
	enum pass pass;
	unsigned int line;
	uint64_t here;		/* address of the next CCW, 0 before one */
	uint64_t segment[MAX_SEGMENTS];
	unsigned int nr_segments;
	unsigned int nr_ccws;
	uint64_t ccw[MAX_CCWS];
	struct symbol symbol[MAX_SYMBOLS];
	unsigned int nr_symbols;
	struct expect *expects;
	struct expect **next_expect;
	char error[200];
};

/* Addresses of one segment lie in a row; each gets its own pages */
#define SEGMENT_SIZE	(MAX_CCWS * 8)

static int __attribute__((format(printf, 2, 3)))
bad(struct ccwio_program *p, const char *format, ...)
{
	int used = snprintf(p->error, sizeof(p->error), "line %u: ", p->line);
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->error + used, sizeof(p->error) - used, format, ap);
	va_end(ap);
	return -EINVAL;
}

static struct symbol *find(struct ccwio_program *p, const char *name,
			   size_t len)
{
	unsigned int i;

	for (i = 0; i < p->nr_symbols; i++)
		if (strlen(p->symbol[i].name) == len &&
		    !strncmp(p->symbol[i].name, name, len))
			return &p->symbol[i];
	return NULL;
}

/* In the first pass the symbol is new; later its address is known */
static struct symbol *define(struct ccwio_program *p, const char *name,
			     enum kind kind, uint64_t iova, size_t size)
{
	struct symbol *s = find(p, name, strlen(name));

	if (p->pass == PASS_FILL)
		return s;
	if (s || p->nr_symbols == MAX_SYMBOLS ||
	    strlen(name) >= sizeof(s->name) ||
	    !(isalpha((unsigned char)name[0]) || name[0] == '_'))
		return NULL;
	s = &p->symbol[p->nr_symbols++];
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->kind = kind;
	s->iova = iova;
	s->size = size;
	return s;
}

static int number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

/* A number of so many bits; anything else is an error that says what */
static int limited(struct ccwio_program *p, const char *text, uint64_t max,
		   const char *what, uint64_t *value)
{
	if (number(text, value))
		return bad(p, "%s is not a number", text);
	if (*value > max)
		return bad(p, "%s is too large for %s", text, what);
	return 0;
}

/* All of it lies in memory that channel programs can use */
static int in_memory(struct ccwio_program *p, uint64_t iova, size_t size,
		     const char *what)
{
	if (ccwio_mem(p->dev, iova) && ccwio_mem(p->dev, iova + size - 1))
		return 0;
	return bad(p, "there is no memory for %s at 0x%llx", what,
		   (unsigned long long)iova);
}

/* NAME, NAME+N, NAME-N or a number; *s is the symbol, or NULL */
static int address(struct ccwio_program *p, const char *text,
		   uint64_t *value, struct symbol **s)
{
	size_t len = strcspn(text, "+-");
	uint64_t offset = 0;

	*s = NULL;
	*value = 0;
	if (!number(text, value))
		return 0;
	*s = find(p, text, len);
	if (text[len] && number(text + len + 1, &offset))
		return bad(p, "%s is not an address", text);
	if (*s)
		*value = (*s)->iova + (text[len] == '-' ? -offset : offset);
	else if (p->pass == PASS_FILL)
		return bad(p, "nothing is called %.*s", (int)len, text);
	return 0;
}

static int hex_bytes(struct ccwio_program *p, char **token, unsigned int n,
		     uint8_t *out, size_t size, size_t *used)
{
	unsigned int byte;
	const char *c;
	unsigned int i;

	*used = 0;
	for (i = 0; i < n; i++) {
		for (c = token[i]; *c; c += 2) {
			if (!isxdigit((unsigned char)c[0]) ||
			    !isxdigit((unsigned char)c[1]) ||
			    sscanf(c, "%2x", &byte) != 1)
				return bad(p, "%s is not a row of bytes", c);
			if (*used == size)
				return bad(p, "too many bytes");
			out[(*used)++] = byte;
		}
	}
	return 0;
}

static const struct {
	const char *letter;
	uint32_t bit;
} orb_letters[] = {
	{ "S", CCWIO_ORB_S }, { "C", CCWIO_ORB_C }, { "M", CCWIO_ORB_M },
	{ "Y", CCWIO_ORB_Y }, { "F", CCWIO_ORB_F }, { "P", CCWIO_ORB_P },
	{ "I", CCWIO_ORB_I }, { "A", CCWIO_ORB_A }, { "U", CCWIO_ORB_U },
	{ "B", CCWIO_ORB_B }, { "H", CCWIO_ORB_H }, { "T", CCWIO_ORB_T },
	{ "L", CCWIO_ORB_L }, { "D", CCWIO_ORB_D }, { "X", CCWIO_ORB_X },
};

static int orb_word(struct ccwio_program *p, const char *word)
{
	struct symbol *s;
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(orb_letters) / sizeof(orb_letters[0]); i++) {
		if (!strcmp(orb_letters[i].letter, word)) {
			p->orb.ctl |= orb_letters[i].bit;
			return 0;
		}
	}
	if (!strncmp(word, "key=", 4)) {
		if (limited(p, word + 4, 15, "a key", &value))
			return -EINVAL;
		p->orb.ctl |= CCWIO_ORB_KEY(value);
	} else if (!strncmp(word, "lpm=", 4)) {
		if (limited(p, word + 4, 0xff, "a path mask", &value))
			return -EINVAL;
		p->orb.ctl &= ~CCWIO_ORB_LPM(0xff);
		p->orb.ctl |= CCWIO_ORB_LPM(value);
	} else if (!strncmp(word, "intparm=", 8)) {
		if (limited(p, word + 8, UINT32_MAX, "32 bits", &value))
			return -EINVAL;
		p->orb.intparm = value;
	} else if (!strncmp(word, "cpa=", 4)) {
		p->cpa_given = true;
		if (address(p, word + 4, &value, &s))
			return -EINVAL;
		if (value > UINT32_MAX)
			return bad(p, "%s is too large for 32 bits", word + 4);
		p->orb.cpa = value;
	} else {
		return bad(p, "the ORB has no %s", word);
	}
	return 0;
}

static int do_orb(struct ccwio_program *p, char **token, unsigned int n)
{
	unsigned int i;
	int ret;

	p->orb_given = true;
	p->orb.ctl = CCWIO_ORB_LPM(0xff);
	for (i = 1; i < n; i++) {
		ret = orb_word(p, token[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static uint64_t place(struct ccwio_program *p, size_t size, size_t align,
		      size_t skew)
{
	struct ccwio_dev *dev = p->dev;
	bool low = !(p->orb.ctl & CCWIO_ORB_F);

	if (low)
		return ccwio_alloc_low(dev, size + skew, align) + skew;
	return ccwio_alloc(dev, size + skew, align) + skew;
}

static int map_own(struct ccwio_program *p, uint64_t iova, size_t size,
		   bool writeable)
{
	uint64_t first = iova & ~4095ull;
	uint64_t length = ((iova + size + 4095) & ~4095ull) - first;
	void *mem;

	if (ccwio_mem(p->dev, iova))
		return 0;
	mem = mmap(NULL, length, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED)
		return bad(p, "no memory");
	if (ccwio_map_memory(p->dev, mem, first, length, writeable))
		return bad(p, "%s", p->dev->error);
	return 0;
}

static int fill_buffer(struct ccwio_program *p, const struct symbol *s,
		       const char *how)
{
	uint8_t *mem = ccwio_mem(p->dev, s->iova);
	uint64_t byte;
	size_t i;

	if (!mem || !ccwio_mem(p->dev, s->iova + s->size - 1))
		return bad(p, "%s is larger than the memory", s->name);
	if (!strcmp(how, "count")) {
		for (i = 0; i < s->size; i++)
			mem[i] = i;
		return 0;
	}
	if (number(how, &byte))
		return bad(p, "cannot fill with %s", how);
	memset(mem, byte, s->size);
	return 0;
}

struct buffer_words {
	uint64_t align, skew, at;
	bool placed, readonly;
	const char *fill;
	char *hex, *text;
};

static int buffer_word(struct ccwio_program *p, char *word,
		       struct buffer_words *b)
{
	if (!strncmp(word, "align=", 6))
		return number(word + 6, &b->align) || !b->align ?
			bad(p, "%s", word) : 0;
	if (!strncmp(word, "skew=", 5))
		return number(word + 5, &b->skew) ? bad(p, "%s", word) : 0;
	if (!strncmp(word, "at=", 3)) {
		b->placed = true;
		return number(word + 3, &b->at) ? bad(p, "%s", word) : 0;
	}
	if (!strcmp(word, "readonly"))
		b->readonly = true;
	else if (!strncmp(word, "fill=", 5))
		b->fill = word + 5;
	else if (!strncmp(word, "hex=", 4))
		b->hex = word + 4;
	else if (!strncmp(word, "text=", 5))
		b->text = word + 5;
	else
		return bad(p, "a buffer has no %s", word);
	return 0;
}

/* buffer NAME SIZE [align=N] [skew=N] [at=A] [readonly] [fill= hex= text=] */
static int do_buffer(struct ccwio_program *p, char **token, unsigned int n)
{
	struct buffer_words b = { .align = 8, .fill = "0" };
	uint64_t size;
	struct symbol *s;
	unsigned int i;
	size_t used;
	int ret;

	if (n < 3 || number(token[2], &size) || !size)
		return bad(p, "buffer NAME SIZE ...");
	for (i = 3; i < n; i++)
		if (buffer_word(p, token[i], &b))
			return -EINVAL;
	if (p->pass == PASS_LAYOUT && b.placed) {
		ret = map_own(p, b.at, size, !b.readonly);
		if (ret)
			return ret;
	}
	if (p->pass == PASS_LAYOUT && !b.placed)
		b.at = place(p, size, b.align, b.skew);
	s = define(p, token[1], KIND_BUFFER, b.at, size);
	if (!s)
		return bad(p, "%s is no good name or is taken", token[1]);
	if (p->pass != PASS_FILL)
		return 0;
	ret = fill_buffer(p, s, b.fill);
	if (!ret && b.hex)
		ret = hex_bytes(p, &b.hex, 1, ccwio_mem(p->dev, s->iova),
				size, &used);
	if (!ret && b.text)
		memcpy(ccwio_mem(p->dev, s->iova), b.text,
		       strlen(b.text) < size ? strlen(b.text) : size);
	return ret;
}

/* idal NAME ADDRESS...: the ORB says of which format */
static int do_idal(struct ccwio_program *p, char **token, unsigned int n)
{
	unsigned int word = p->orb.ctl & CCWIO_ORB_H ? 8 : 4;
	struct symbol *s, *target;
	uint64_t value, iova = 0;
	unsigned int i;

	if (n < 3)
		return bad(p, "idal NAME ADDRESS...");
	if (p->pass == PASS_LAYOUT)
		iova = place(p, (n - 2) * word, word, 0);
	s = define(p, token[1], KIND_IDAL, iova, (n - 2) * word);
	if (!s)
		return bad(p, "%s is no good name or is taken", token[1]);
	if (p->pass == PASS_FILL && in_memory(p, s->iova, s->size, "the list"))
		return -EINVAL;
	for (i = 2; i < n; i++) {
		if (address(p, token[i], &value, &target))
			return -EINVAL;
		if (word == 4 && value > UINT32_MAX)
			return bad(p, "%s is too large for 32 bits", token[i]);
		if (p->pass != PASS_FILL)
			continue;
		if (word == 8)
			ccwio_put_doubleword(p->dev, s->iova + (i - 2) * 8,
					     value);
		else
			ccwio_put_word(p->dev, s->iova + (i - 2) * 4, value);
	}
	return 0;
}

static int put_midaw(struct ccwio_program *p, uint64_t iova, char *word,
		     bool last)
{
	char *count = strchr(word, '/'), *skip = NULL;
	uint8_t flags = last ? CCWIO_MIDAW_LAST : 0;
	struct symbol *target;
	uint64_t addr, size;

	if (count)
		*count++ = '\0';
	if (count)
		skip = strchr(count, '/');
	if (skip)
		*skip++ = '\0';
	if (!count || (skip && strcmp(skip, "skip")))
		return bad(p, "a MIDAW is ADDRESS/COUNT or ADDRESS/COUNT/skip");
	if (limited(p, count, 0xffff, "a count", &size))
		return -EINVAL;
	if (address(p, word, &addr, &target))
		return -EINVAL;
	if (skip)
		flags |= CCWIO_MIDAW_SKIP;
	if (p->pass == PASS_FILL)
		ccwio_put_midaw(p->dev, iova, addr, size, flags);
	return 0;
}

/* midal NAME ADDRESS/COUNT[/skip]...: the last one gets its flag */
static int do_midal(struct ccwio_program *p, char **token, unsigned int n)
{
	uint64_t iova = 0;
	struct symbol *s;
	unsigned int i;

	if (n < 3)
		return bad(p, "midal NAME ADDRESS/COUNT...");
	if (p->pass == PASS_LAYOUT)
		iova = place(p, (n - 2) * 16, 16, 0);
	s = define(p, token[1], KIND_MIDAL, iova, (n - 2) * 16);
	if (!s)
		return bad(p, "%s is no good name or is taken", token[1]);
	if (p->pass == PASS_FILL && in_memory(p, s->iova, s->size, "the list"))
		return -EINVAL;
	for (i = 2; i < n; i++)
		if (put_midaw(p, s->iova + (i - 2) * 16, token[i],
			      i + 1 == n))
			return -EINVAL;
	return 0;
}

static int ccw_flag(const char *word)
{
	static const char * const names[8] = {
		"mida", "s", "ida", "pci", "skip", "sli", "cc", "cd",
	};
	int i;

	for (i = 0; i < 8; i++)
		if (!strcasecmp(names[i], word))
			return 1 << i;
	return 0;
}

static void note_ccw(struct ccwio_program *p)
{
	if (!p->nr_ccws && !p->cpa_given)
		p->orb.cpa = p->here;
	p->ccw[p->nr_ccws++] = p->here;
	p->here += 8;
}

static int begin_segment(struct ccwio_program *p)
{
	if (p->here || p->pass == PASS_ORB)
		return 0;
	if (p->nr_segments == MAX_SEGMENTS)
		return bad(p, "more than %d segments", MAX_SEGMENTS);
	if (p->pass == PASS_LAYOUT)
		p->segment[p->nr_segments] = place(p, SEGMENT_SIZE, 4096, 0);
	p->here = p->segment[p->nr_segments++];
	return 0;
}

/* There is room for it, and for what is in it */
static int check_ccw(struct ccwio_program *p, uint64_t cda, uint64_t count)
{
	unsigned int bits = p->orb.ctl & CCWIO_ORB_F ? 32 : 24;

	if (p->nr_ccws == MAX_CCWS)
		return bad(p, "more than %d CCWs", MAX_CCWS);
	if (p->pass != PASS_FILL)
		return 0;
	if (cda >> bits)
		return bad(p, "0x%llx is too large for the %u bits of an address",
			   (unsigned long long)cda, bits);
	if (count > 0xffff)
		return bad(p, "%llu is too large for a count",
			   (unsigned long long)count);
	return in_memory(p, p->here, 8, "a CCW");
}

/* COMMAND [ADDRESS [COUNT]] [FLAGS] */
static int do_ccw(struct ccwio_program *p, char **token, unsigned int n)
{
	int cmd = ccwio_command_code(token[0]), bit;
	uint64_t cda = 0, count = 0;
	struct symbol *s = NULL;
	unsigned int i = 1;
	uint8_t flags = 0;

	if (i < n && !ccw_flag(token[i])) {
		if (address(p, token[i++], &cda, &s))
			return -EINVAL;
		count = s && cmd != 0x08 ? s->size : 0;
	}
	if (s && s->kind == KIND_IDAL)
		flags = CCWIO_IDA;
	if (s && s->kind == KIND_MIDAL)
		flags = CCWIO_MIDA;
	if (i < n && !number(token[i], &count))
		i++;
	for (; i < n; i++) {
		bit = ccw_flag(token[i]);
		if (!bit)
			return bad(p, "a CCW has no %s", token[i]);
		flags |= bit;
	}
	if (check_ccw(p, cda, count))
		return -EINVAL;
	if (p->pass == PASS_FILL)
		ccwio_put_ccw(p->dev, p->here, !!(p->orb.ctl & CCWIO_ORB_F),
			      cmd, cda, count, flags);
	note_ccw(p);
	return 0;
}

/* raw BYTES: eight bytes in the place of a CCW, as they are */
static int do_raw(struct ccwio_program *p, char **token, unsigned int n)
{
	uint8_t bytes[8];
	size_t used;

	if (hex_bytes(p, token + 1, n - 1, bytes, sizeof(bytes), &used))
		return -EINVAL;
	if (used != sizeof(bytes))
		return bad(p, "raw takes eight bytes");
	if (check_ccw(p, 0, 0))
		return -EINVAL;
	if (p->pass == PASS_FILL)
		memcpy(ccwio_mem(p->dev, p->here), bytes, sizeof(bytes));
	note_ccw(p);
	return 0;
}

/* segment [at=A]: the CCWs that follow lie somewhere else */
static int do_segment(struct ccwio_program *p, char **token, unsigned int n)
{
	uint64_t at;

	p->here = 0;
	if (n == 1)
		return 0;
	if (n > 2 || strncmp(token[1], "at=", 3) ||
	    number(token[1] + 3, &at) || !at || at % 8)
		return bad(p, "segment [at=ADDRESS], on a doubleword");
	if (p->pass == PASS_LAYOUT && map_own(p, at, 8, true))
		return -EINVAL;
	p->here = at;
	return 0;
}

static int status_bits(const char *words, bool device)
{
	char *copy = strdupa(words), *word;
	int bits = 0, bit;

	for (word = strtok(copy, "+"); word; word = strtok(NULL, "+")) {
		bit = ccwio_status_bit(word, device);
		if (bit < 0)
			return bit;
		bits |= bit;
	}
	return bits;
}

static bool is_errno_name(const char *name)
{
	int error;

	for (error = 1; error < 200; error++)
		if (strerrorname_np(error) &&
		    !strcasecmp(name, strerrorname_np(error)))
			return true;
	return !strcmp(name, "0");
}

/* What can be expected at all, so that a slip is not taken for a difference */
static int check_expect(struct ccwio_program *p, char **token, unsigned int n)
{
	static const char * const values[] = { "cpa", "count", "cc" };
	uint8_t bytes[MAX_LINE / 2];
	struct symbol *s;
	uint64_t value;
	size_t used, i;

	if (n >= 4 && !strcmp(token[1], "data"))
		return address(p, token[2], &value, &s) ||
		       hex_bytes(p, token + 3, n - 3, bytes, sizeof(bytes),
				 &used) ? -EINVAL : 0;
	if (n != 3)
		return bad(p, "expect errno|dev|sch|cpa|count|cc VALUE, or data ADDRESS BYTES...");
	if (!strcmp(token[1], "errno"))
		return is_errno_name(token[2]) ? 0 :
			bad(p, "%s is no errno", token[2]);
	if (!strcmp(token[1], "dev") || !strcmp(token[1], "sch"))
		return status_bits(token[2], token[1][0] == 'd') >= 0 ? 0 :
			bad(p, "%s is no status", token[2]);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(token[1], values[i]))
			return address(p, token[2], &value, &s);
	return bad(p, "cannot expect %s", token[1]);
}

static int do_expect(struct ccwio_program *p, char **token, unsigned int n)
{
	char text[MAX_LINE] = "";
	struct expect *e;
	unsigned int i;

	if (p->pass != PASS_FILL)
		return 0;
	if (check_expect(p, token, n))
		return -EINVAL;
	for (i = 1; i < n; i++) {
		strcat(text, i > 1 ? " " : "");
		strcat(text, token[i]);
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->line = p->line;
	e->text = strdup(text);
	*p->next_expect = e;
	p->next_expect = &e->next;
	return 0;
}

static int one_line(struct ccwio_program *p, char **token, unsigned int n)
{
	size_t len = strlen(token[0]);

	if (token[0][len - 1] == ':') {
		token[0][len - 1] = '\0';
		if (begin_segment(p))
			return -EINVAL;
		if (p->pass != PASS_ORB &&
		    !define(p, token[0], KIND_LABEL, p->here, 8))
			return bad(p, "%s is no good name or is taken",
				   token[0]);
		return n > 1 ? one_line(p, token + 1, n - 1) : 0;
	}
	if (!strcmp(token[0], "orb"))
		return p->pass == PASS_LAYOUT ? 0 : do_orb(p, token, n);
	if (p->pass == PASS_ORB)
		return 0;
	if (!strcmp(token[0], "buffer"))
		return do_buffer(p, token, n);
	if (!strcmp(token[0], "idal"))
		return do_idal(p, token, n);
	if (!strcmp(token[0], "midal"))
		return do_midal(p, token, n);
	if (!strcmp(token[0], "segment"))
		return do_segment(p, token, n);
	if (!strcmp(token[0], "expect"))
		return do_expect(p, token, n);
	if (begin_segment(p))
		return -EINVAL;
	if (!strcmp(token[0], "raw"))
		return do_raw(p, token, n);
	if (!strcmp(token[0], "ccw") && n > 1)
		return do_ccw(p, token + 1, n - 1);
	if (ccwio_command_code(token[0]) >= 0)
		return do_ccw(p, token, n);
	return bad(p, "%s means nothing here", token[0]);
}

static unsigned int split(char *line, char **token)
{
	unsigned int n = 0;
	char *word;

	line[strcspn(line, "#")] = '\0';
	for (word = strtok(line, " \t\r,"); word && n <= MAX_TOKENS;
	     word = strtok(NULL, " \t\r,"))
		token[n++] = word;
	return n;
}

static int walk(struct ccwio_program *p, const char *text)
{
	static char *token[MAX_TOKENS + 1];
	static char line[MAX_LINE];
	unsigned int n;
	size_t len;
	int ret;

	p->here = 0;
	p->nr_ccws = 0;
	p->nr_segments = 0;
	for (p->line = 1; *text; p->line++) {
		len = strcspn(text, "\n;");
		if (len >= sizeof(line))
			return bad(p, "the line is too long");
		memcpy(line, text, len);
		line[len] = '\0';
		/* A semicolon ends a statement, but does not end a comment */
		if (memchr(text, '#', len))
			len = strcspn(text, "\n");
		if (text[len] == ';')
			p->line--;
		text += len + !!text[len];
		n = split(line, token);
		if (n > MAX_TOKENS)
			return bad(p, "more than %d words", MAX_TOKENS);
		ret = n ? one_line(p, token, n) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ccwio_assemble - put a program in its text form into a device's memory
 * @dev: open device
 * @text: see "ccwio --help"
 *
 * Return: the program; ccwio_program_error() says whether it is a good one.
 * NULL when memory is exhausted. Give it back with ccwio_free_program().
 */
struct ccwio_program *ccwio_assemble(struct ccwio_dev *dev, const char *text)
{
	struct ccwio_program *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->dev = dev;
	p->next_expect = &p->expects;
	p->orb.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff);
	for (p->pass = PASS_ORB; p->pass < NR_PASSES; p->pass++)
		if (walk(p, text))
			break;
	if (!p->error[0] && !p->nr_ccws && !p->cpa_given)
		bad(p, "there is no CCW");
	return p;
}

/**
 * ccwio_free_program - forget a program; its memory stays as it is
 * @program: from ccwio_assemble(), or NULL
 */
void ccwio_free_program(struct ccwio_program *program)
{
	struct expect *e, *next;

	if (!program)
		return;
	for (e = program->expects; e; e = next) {
		next = e->next;
		free(e->text);
		free(e);
	}
	free(program);
}

/**
 * ccwio_program_error - what is wrong with the text
 * @program: from ccwio_assemble()
 *
 * Return: a sentence, or NULL when all is well
 */
const char *ccwio_program_error(const struct ccwio_program *program)
{
	return program->error[0] ? program->error : NULL;
}

/**
 * ccwio_program_orb - the ORB that starts a program
 * @program: from ccwio_assemble()
 *
 * Return: the ORB, which lives as long as @program.
 */
const struct ccwio_orb *ccwio_program_orb(const struct ccwio_program *program)
{
	return &program->orb;
}

/**
 * ccwio_symbol - value of NAME, NAME+N, NAME-N or a number
 * @program: from ccwio_assemble()
 * @expression: the text
 * @value: the result
 *
 * Return: 0, or -errno if there is no such name or number.
 */
int ccwio_symbol(const struct ccwio_program *program, const char *expression,
		 uint64_t *value)
{
	struct ccwio_program *p = (struct ccwio_program *)program;
	struct symbol *s;

	p->pass = PASS_FILL;
	return address(p, expression, value, &s);
}

/**
 * ccwio_print_program - the ORB and every CCW in words
 * @out: where to
 * @dev: the device whose memory holds them
 * @program: from ccwio_assemble()
 */
void ccwio_print_program(FILE *out, struct ccwio_dev *dev,
			 const struct ccwio_program *program)
{
	int format = !!(program->orb.ctl & CCWIO_ORB_F);
	unsigned int i;

	ccwio_print_orb(out, &program->orb);
	for (i = 0; i < program->nr_ccws; i++)
		if (ccwio_mem(dev, program->ccw[i]))
			ccwio_print_ccw(out, program->ccw[i], format,
					ccwio_mem(dev, program->ccw[i]));
}

/* Lines are cut: a look at the data, not a dump */
#define SHOWN_BYTES	32

/**
 * ccwio_print_buffers - the start of each buffer
 * @out: where to
 * @dev: the device whose memory holds them
 * @program: from ccwio_assemble()
 */
void ccwio_print_buffers(FILE *out, struct ccwio_dev *dev,
			 const struct ccwio_program *program)
{
	const struct symbol *s;
	unsigned int i;

	for (i = 0; i < program->nr_symbols; i++) {
		s = &program->symbol[i];
		if (s->kind != KIND_BUFFER)
			continue;
		fprintf(out, "  buffer   %s, %zu bytes%s\n", s->name, s->size,
			s->size > SHOWN_BYTES ? ", the first:" : ":");
		ccwio_print_data(out, s->iova, ccwio_mem(dev, s->iova),
				 s->size > SHOWN_BYTES ? SHOWN_BYTES : s->size);
	}
}

struct outcome {
	int started;
	const struct ccwio_irb *irb;
	FILE *out;
};

static const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return error ? name ? name : "?" : "0";
}

static int expect_errno(const char *wanted, const struct outcome *o)
{
	const char *got = errno_name(-o->started);

	if (!strcasecmp(wanted, got))
		return 0;
	fprintf(o->out, "  expected errno %s, got %s\n", wanted, got);
	return 1;
}

static int expect_status(const char *wanted, bool device,
			 const struct outcome *o)
{
	int got = device ? o->irb->scsw.dev : o->irb->scsw.sch;
	int bits = status_bits(wanted, device);
	char buf[256];

	if (bits == got)
		return 0;
	fprintf(o->out, "  expected %s status %02x, got %02x (%s)\n",
		device ? "device" : "subchannel", bits, got,
		device ? ccwio_dev_status(got, buf, sizeof(buf)) :
			 ccwio_sch_status(got, buf, sizeof(buf)));
	return 1;
}

static int expect_value(const char *what, uint64_t wanted, uint64_t got,
			const struct outcome *o)
{
	if (wanted == got)
		return 0;
	fprintf(o->out, "  expected %s 0x%llx, got 0x%llx\n", what,
		(unsigned long long)wanted, (unsigned long long)got);
	return 1;
}

/* data ADDRESS BYTES... */
static int expect_data(struct ccwio_program *p, char **token, unsigned int n,
		       const struct outcome *o)
{
	uint8_t wanted[MAX_LINE / 2];
	struct symbol *s;
	uint64_t iova;
	uint8_t *got;
	size_t used;

	if (n < 3 || address(p, token[1], &iova, &s) ||
	    hex_bytes(p, token + 2, n - 2, wanted, sizeof(wanted), &used)) {
		fprintf(o->out, "  expect data ADDRESS BYTES...\n");
		return 1;
	}
	got = ccwio_mem(p->dev, iova);
	if (got && ccwio_mem(p->dev, iova + used - 1) &&
	    !memcmp(got, wanted, used))
		return 0;
	fprintf(o->out, "  expected other data at %s; there is:\n", token[1]);
	if (got)
		ccwio_print_data(o->out, iova, got, used);
	return 1;
}

static int check_one(struct ccwio_program *p, char **token, unsigned int n,
		     const struct outcome *o)
{
	struct symbol *s;
	uint64_t value;

	if (n >= 3 && !strcmp(token[0], "data"))
		return expect_data(p, token, n, o);
	if (n == 2 && !strcmp(token[0], "errno"))
		return expect_errno(token[1], o);
	if (n == 2 && !strcmp(token[0], "dev"))
		return expect_status(token[1], true, o);
	if (n == 2 && !strcmp(token[0], "sch"))
		return expect_status(token[1], false, o);
	if (n != 2 || address(p, token[1], &value, &s)) {
		fprintf(o->out, "  cannot expect %s\n", token[0]);
		return 1;
	}
	if (!strcmp(token[0], "cpa"))
		return expect_value("address", value, o->irb->scsw.cpa, o);
	if (!strcmp(token[0], "count"))
		return expect_value("residual count", value,
				    o->irb->scsw.count, o);
	if (!strcmp(token[0], "cc"))
		return expect_value("condition code", value,
				    o->irb->scsw.ctl >> 24 & 3, o);
	fprintf(o->out, "  cannot expect %s\n", token[0]);
	return 1;
}

/**
 * ccwio_program_check - compare what came back with the "expect" lines
 * @out: where differences are told
 * @dev: the device whose memory holds the data
 * @program: from ccwio_assemble()
 * @started: what ccwio_start() returned
 * @irb: the answer; not looked at when @started is an error
 *
 * Return: number of differences; without an "expect errno" line a start that
 * failed is one
 */
int ccwio_program_check(FILE *out, struct ccwio_dev *dev,
			const struct ccwio_program *program, int started,
			const struct ccwio_irb *irb)
{
	struct ccwio_program *p = (struct ccwio_program *)program;
	struct outcome o = { .started = started, .irb = irb, .out = out };
	static char *token[MAX_TOKENS + 1];
	bool wants_errno = false;
	const struct expect *e;
	int differences = 0;
	unsigned int n;
	char *text;

	p->dev = dev;
	p->pass = PASS_FILL;
	for (e = p->expects; e; e = e->next) {
		text = strdupa(e->text);
		n = split(text, token);
		p->line = e->line;
		wants_errno |= !strncmp(e->text, "errno", 5);
		if (!started || !strncmp(e->text, "errno", 5))
			differences += check_one(p, token, n, &o);
	}
	if (started && !wants_errno)
		differences += expect_errno("0", &o);
	return differences;
}
