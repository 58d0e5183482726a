// SPDX-License-Identifier: GPL-2.0
/*
 * libccwio: words for what goes to a subchannel and comes back
 *
 * Names follow PoP chapters 15 to 17; commands and sense bytes those of the
 * channel-attached devices that share them.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ccwio.h"

struct name {
	uint32_t bit;
	const char *name;
};

static const struct name dev_names[] = {
	{ CCWIO_DEV_ATTN, "attention" },
	{ CCWIO_DEV_SM, "status-modifier" },
	{ CCWIO_DEV_CUE, "control-unit-end" },
	{ CCWIO_DEV_BUSY, "busy" },
	{ CCWIO_DEV_CE, "channel-end" },
	{ CCWIO_DEV_DE, "device-end" },
	{ CCWIO_DEV_UC, "unit-check" },
	{ CCWIO_DEV_UE, "unit-exception" },
	{ }
};

static const struct name sch_names[] = {
	{ CCWIO_SCH_PCI, "program-controlled-interruption" },
	{ CCWIO_SCH_IL, "incorrect-length" },
	{ CCWIO_SCH_PROG, "program-check" },
	{ CCWIO_SCH_PROT, "protection-check" },
	{ CCWIO_SCH_CDC, "channel-data-check" },
	{ CCWIO_SCH_CCC, "channel-control-check" },
	{ CCWIO_SCH_IFCC, "interface-control-check" },
	{ CCWIO_SCH_CHAIN, "chaining-check" },
	{ }
};

static const struct name short_dev_names[] = {
	{ CCWIO_DEV_ATTN, "attn" }, { CCWIO_DEV_SM, "sm" },
	{ CCWIO_DEV_CUE, "cue" }, { CCWIO_DEV_BUSY, "busy" },
	{ CCWIO_DEV_CE, "ce" }, { CCWIO_DEV_DE, "de" },
	{ CCWIO_DEV_UC, "uc" }, { CCWIO_DEV_UE, "ue" },
	{ }
};

static const struct name short_sch_names[] = {
	{ CCWIO_SCH_PCI, "pci" }, { CCWIO_SCH_IL, "il" },
	{ CCWIO_SCH_PROG, "prog" }, { CCWIO_SCH_PROT, "prot" },
	{ CCWIO_SCH_CDC, "cdc" }, { CCWIO_SCH_CCC, "ccc" },
	{ CCWIO_SCH_IFCC, "ifcc" }, { CCWIO_SCH_CHAIN, "chain" },
	{ }
};

static const struct name ctl_names[] = {
	{ CCWIO_FC_START, "START" },
	{ CCWIO_FC_HALT, "HALT" },
	{ CCWIO_FC_CLEAR, "CLEAR" },
	{ CCWIO_AC_RESUME, "resume-pending" },
	{ CCWIO_AC_START, "start-pending" },
	{ CCWIO_AC_HALT, "halt-pending" },
	{ CCWIO_AC_CLEAR, "clear-pending" },
	{ CCWIO_AC_SCH, "subchannel-active" },
	{ CCWIO_AC_DEV, "device-active" },
	{ CCWIO_AC_SUSP, "suspended" },
	{ CCWIO_SC_ALERT, "alert" },
	{ CCWIO_SC_INTER, "intermediate" },
	{ CCWIO_SC_PRIM, "primary" },
	{ CCWIO_SC_SEC, "secondary" },
	{ CCWIO_SC_PEND, "status-pending" },
	{ }
};

static const struct name flag_names[] = {
	{ CCWIO_CD, "CD" }, { CCWIO_CC, "CC" }, { CCWIO_SLI, "SLI" },
	{ CCWIO_SKIP, "SKIP" }, { CCWIO_PCI, "PCI" }, { CCWIO_IDA, "IDA" },
	{ CCWIO_S, "S" }, { CCWIO_MIDA, "MIDA" },
	{ }
};

static const struct name orb_names[] = {
	{ CCWIO_ORB_S, "suspend" }, { CCWIO_ORB_C, "streaming" },
	{ CCWIO_ORB_M, "modification" }, { CCWIO_ORB_Y, "synchronization" },
	{ CCWIO_ORB_F, "format-1" }, { CCWIO_ORB_P, "prefetch" },
	{ CCWIO_ORB_I, "initial-status" }, { CCWIO_ORB_A, "address-limit" },
	{ CCWIO_ORB_U, "no-suspended-interruption" },
	{ CCWIO_ORB_B, "transport-mode" }, { CCWIO_ORB_H, "format-2-IDAWs" },
	{ CCWIO_ORB_T, "2K-IDAWs" },
	{ CCWIO_ORB_L, "length-suppression" }, { CCWIO_ORB_D, "MIDAWs" },
	{ CCWIO_ORB_X, "extension" },
	{ }
};

/* Extended-report word, the second one of the extended status */
static const struct name erw_names[] = {
	{ 0x40000000, "request-logging" },
	{ 0x20000000, "logout-pending" },
	{ 0x10000000, "authorization-check" },
	{ 0x08000000, "path-verification-required" },
	{ 0x04000000, "channel-path-timeout" },
	{ 0x02000000, "failing-storage-address" },
	{ 0x01000000, "concurrent-sense" },
	{ 0x00800000, "secondary-CCW-address" },
	{ }
};

static const struct name sense_names[] = {
	{ 0x80, "command-reject" }, { 0x40, "intervention-required" },
	{ 0x20, "bus-out-check" }, { 0x10, "equipment-check" },
	{ 0x08, "data-check" }, { 0x04, "overrun" },
	{ }
};

/* Commands that most devices understand; names serve the text form, too */
static const struct {
	uint8_t code;
	const char *name;
} commands[] = {
	{ 0x01, "write" }, { 0x02, "read" }, { 0x03, "nop" },
	{ 0x04, "sense" }, { 0x07, "control" }, { 0x08, "tic" },
	{ 0x0c, "read-backward" }, { 0x64, "read-device-characteristics" },
	{ 0xe4, "sense-id" }, { 0xfa, "read-configuration-data" },
};

static const char *join(const struct name *names, uint32_t bits,
			const char *none, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (; names->name; names++) {
		if (!(bits & names->bit) || used >= size)
			continue;
		used += snprintf(buf + used, size - used, "%s%s",
				 used ? " " : "", names->name);
	}
	if (!used)
		snprintf(buf, size, "%s", none);
	return buf;
}

/**
 * ccwio_dev_status - device status in words
 * @status: the byte
 * @buf: for the words
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *ccwio_dev_status(uint8_t status, char *buf, size_t size)
{
	return join(dev_names, status, "none", buf, size);
}

/**
 * ccwio_sch_status - subchannel status in words
 * @status: the byte
 * @buf: for the words
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *ccwio_sch_status(uint8_t status, char *buf, size_t size)
{
	return join(sch_names, status, "none", buf, size);
}

/**
 * ccwio_scsw_ctl - function, activity and status control in words
 * @ctl: word 0 of the SCSW
 * @buf: for the words
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *ccwio_scsw_ctl(uint32_t ctl, char *buf, size_t size)
{
	return join(ctl_names, ctl & 0x7fff, "idle", buf, size);
}

/**
 * ccwio_ccw_flags - CCW flags in words
 * @flags: the byte
 * @buf: for the words
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *ccwio_ccw_flags(uint8_t flags, char *buf, size_t size)
{
	return join(flag_names, flags, "-", buf, size);
}

/**
 * ccwio_command_name - name of a command code
 * @cmd: the code
 *
 * Return: the name, or NULL
 */
const char *ccwio_command_name(uint8_t cmd)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].code == cmd)
			return commands[i].name;
	return (cmd & 0x0f) == 0x08 ? "tic" : NULL;
}

/**
 * ccwio_command_code - code of a command
 * @name: its name or the code as a number
 *
 * Return: the code or -EINVAL
 */
int ccwio_command_code(const char *name)
{
	unsigned long code;
	char *end;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcasecmp(commands[i].name, name))
			return commands[i].code;
	code = strtoul(name, &end, 0);
	return *name && !*end && code <= 0xff ? (int)code : -EINVAL;
}

/**
 * ccwio_status_bit - a status bit by its short name (ce, de, uc; prog, il)
 * @name: the name; "none" is 0
 * @device: device status, or else subchannel status
 *
 * Return: the bit or -EINVAL
 */
int ccwio_status_bit(const char *name, bool device)
{
	const struct name *n = device ? short_dev_names : short_sch_names;

	if (!strcasecmp(name, "none"))
		return 0;
	for (; n->name; n++)
		if (!strcasecmp(n->name, name))
			return n->bit;
	return -EINVAL;
}

/**
 * ccwio_print_sense - sense bytes, the first one in words
 * @out: where to
 * @sense: the bytes
 * @size: how many
 */
void ccwio_print_sense(FILE *out, const uint8_t *sense, size_t size)
{
	char buf[120];
	size_t i;

	fprintf(out, "  sense    ");
	for (i = 0; i < size; i++)
		fprintf(out, "%02x%s", sense[i], i % 4 == 3 ? " " : "");
	join(sense_names, sense[0], "-", buf, sizeof(buf));
	fprintf(out, "(%s)\n", buf);
}

/**
 * ccwio_print_scsw - a SCSW as a few lines
 * @out: where to
 * @scsw: the SCSW
 */
void ccwio_print_scsw(FILE *out, const struct ccwio_scsw *scsw)
{
	unsigned int cc = scsw->ctl >> 24 & 3;
	char buf[256];

	fprintf(out, "  status   %s\n",
		ccwio_scsw_ctl(scsw->ctl, buf, sizeof(buf)));
	if (cc)
		fprintf(out, "  deferred condition code %u\n", cc);
	fprintf(out, "  device   %s\n",
		ccwio_dev_status(scsw->dev, buf, sizeof(buf)));
	fprintf(out, "  channel  %s\n",
		ccwio_sch_status(scsw->sch, buf, sizeof(buf)));
	fprintf(out, "  ended at 0x%08x, %u bytes not transferred\n",
		scsw->cpa, scsw->count);
}

/* Extended status in the form of all command-mode functions (format 0) */
static void print_esw(FILE *out, const uint32_t esw[5])
{
	char buf[200];

	if (!(esw[0] | esw[1] | esw[2] | esw[3] | esw[4]))
		return;
	fprintf(out, "  extended %08x %08x %08x %08x %08x, paths used %02x: %s\n",
		esw[0], esw[1], esw[2], esw[3], esw[4], esw[0] >> 16 & 0xff,
		join(erw_names, esw[1], "-", buf, sizeof(buf)));
	if (esw[1] & 0x02000000)
		fprintf(out, "  failing storage at 0x%llx\n",
			(unsigned long long)esw[2] << 32 | esw[3]);
	if (esw[1] & 0x00800000)
		fprintf(out, "  secondary CCW at 0x%08x\n", esw[4]);
}

/**
 * ccwio_print_irb - an IRB as a few lines
 * @out: where to
 * @irb: the IRB
 */
void ccwio_print_irb(FILE *out, const struct ccwio_irb *irb)
{
	unsigned int size = irb->esw[1] >> 16 & 0x3f;

	ccwio_print_scsw(out, &irb->scsw);
	print_esw(out, irb->esw);
	if (irb->esw[1] & 0x01000000)
		ccwio_print_sense(out, irb->ecw, size < sizeof(irb->ecw) ?
				  size : sizeof(irb->ecw));
}

/**
 * ccwio_print_orb - an ORB as one line
 * @out: where to
 * @orb: the ORB
 */
void ccwio_print_orb(FILE *out, const struct ccwio_orb *orb)
{
	char buf[256];

	fprintf(out, "  ORB      program at 0x%08x, key %u, paths %02x: %s\n",
		orb->cpa, orb->ctl >> 28, orb->ctl >> 8 & 0xff,
		join(orb_names, orb->ctl, "-", buf, sizeof(buf)));
}

/**
 * ccwio_print_ccw - a CCW as one line
 * @out: where to
 * @iova: where it stands
 * @format: 0 or 1
 * @ccw: its bytes
 */
void ccwio_print_ccw(FILE *out, uint32_t iova, int format,
		     const uint8_t ccw[8])
{
	uint8_t flags = format ? ccw[1] : ccw[4];
	unsigned int count = format ? ccw[2] << 8 | ccw[3] :
				      ccw[6] << 8 | ccw[7];
	const char *name = ccwio_command_name(ccw[0]);
	uint32_t cda = 0;
	char buf[64];
	int i;

	for (i = format ? 4 : 1; i < (format ? 8 : 4); i++)
		cda = cda << 8 | ccw[i];
	fprintf(out, "  CCW      0x%08x: %02x %-16s 0x%08x", iova, ccw[0],
		name ? name : "", cda);
	if ((ccw[0] & 0x0f) == 0x08)
		fprintf(out, "\n");
	else
		fprintf(out, " count %-5u %s\n", count,
			ccwio_ccw_flags(flags, buf, sizeof(buf)));
}

static uint32_t word_at(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return be32toh(word);
}

/**
 * ccwio_print_schib - a SCHIB as a few lines
 * @out: where to
 * @schib: its bytes
 */
void ccwio_print_schib(FILE *out, const uint8_t schib[52])
{
	uint32_t ctl = word_at(schib + 4);
	char buf[256];
	int i;

	fprintf(out, "  PMCW     device %04x, isc %u,%s%s%s%s\n", ctl & 0xffff,
		ctl >> 27 & 7, ctl & 0x00800000 ? " enabled" : " disabled",
		ctl & 0x00010000 ? " device-valid" : "",
		ctl & 0x00040000 ? " multipath" : "",
		ctl & 0x00020000 ? " timing" : "");
	fprintf(out, "  paths    logical %02x, not operational %02x, ", schib[8],
		schib[9]);
	fprintf(out, "last used %02x, installed %02x, ", schib[10], schib[11]);
	fprintf(out, "operational %02x, available %02x\n", schib[14], schib[15]);
	fprintf(out, "  chpids  ");
	for (i = 0; i < 8; i++)
		if (schib[11] & 0x80 >> i)
			fprintf(out, " %02x", schib[16 + i]);
	fprintf(out, "\n  status   %s, address 0x%08x\n",
		ccwio_scsw_ctl(word_at(schib + 28), buf, sizeof(buf)),
		word_at(schib + 32));
}

/**
 * ccwio_print_crw - a channel-report word as one line
 * @out: where to
 * @crw: the word; 0 means that there is none
 */
void ccwio_print_crw(FILE *out, uint32_t crw)
{
	static const char * const sources[16] = {
		[2] = "monitoring", [3] = "subchannel", [4] = "channel path",
		[9] = "configuration alert", [11] = "channel subsystem",
	};
	const char *source = sources[crw >> 24 & 15];

	if (!crw) {
		fprintf(out, "  CRW      none\n");
		return;
	}
	fprintf(out, "  CRW      %s %04x, error recovery code %u%s%s%s\n",
		source ? source : "unknown source", crw & 0xffff,
		crw >> 16 & 0x3f, crw & 0x40000000 ? ", solicited" : "",
		crw & 0x20000000 ? ", overflow" : "",
		crw & 0x10000000 ? ", chained" : "");
}

/**
 * ccwio_print_data - bytes in hexadecimal
 * @out: where to
 * @iova: address of the first one
 * @data: the bytes
 * @size: how many
 */
void ccwio_print_data(FILE *out, uint64_t iova, const uint8_t *data,
		      size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (i % 16 == 0)
			fprintf(out, "%s  0x%08llx:", i ? "\n" : "",
				(unsigned long long)iova + i);
		fprintf(out, " %02x", data[i]);
	}
	fprintf(out, "\n");
}
