/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libccwio: drive a passed-through subchannel from a program of one's own
 *
 * Three layers, each usable without the next: the device (device.c: open,
 * map, start, wait), the text form of a channel program (program.c), and the
 * words for what comes back (decode.c).
 *
 * Vocabulary: iova = the address that a channel program names, as a guest's
 * absolute address would be; it is never the address of the same byte in this
 * process. Values in the structures are in the machine's byte order; only
 * what lies in a buffer or a region is big-endian. Layouts are those of the
 * z/Architecture Principles of Operation (PoP), chapters 15 and 16, and of
 * <linux/vfio_ccw.h>. Functions return 0 or -errno unless they say otherwise.
 */
#ifndef CCWIO_H
#define CCWIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ORB word 1, by PoP's letters */
#define CCWIO_ORB_KEY(k)	((uint32_t)(k) << 28)
#define CCWIO_ORB_S	0x08000000u	/* suspend control */
#define CCWIO_ORB_C	0x04000000u	/* streaming mode */
#define CCWIO_ORB_M	0x02000000u	/* modification */
#define CCWIO_ORB_Y	0x01000000u	/* synchronization */
#define CCWIO_ORB_F	0x00800000u	/* format-1 CCWs */
#define CCWIO_ORB_P	0x00400000u	/* prefetch allowed */
#define CCWIO_ORB_I	0x00200000u	/* initial-status interruption */
#define CCWIO_ORB_A	0x00100000u	/* address-limit checking */
#define CCWIO_ORB_U	0x00080000u	/* suppress suspended interruption */
#define CCWIO_ORB_B	0x00040000u	/* transport mode */
#define CCWIO_ORB_H	0x00020000u	/* format-2 IDAWs */
#define CCWIO_ORB_T	0x00010000u	/* 2 KiB blocks with format-2 IDAWs */
#define CCWIO_ORB_LPM(m)	((uint32_t)(m) << 8)
#define CCWIO_ORB_L	0x00000080u	/* incorrect-length suppression */
#define CCWIO_ORB_D	0x00000040u	/* MIDAWs allowed */
#define CCWIO_ORB_X	0x00000001u	/* extended ORB */

/* CCW flags */
#define CCWIO_CD	0x80		/* chain data */
#define CCWIO_CC	0x40		/* chain command */
#define CCWIO_SLI	0x20		/* suppress length indication */
#define CCWIO_SKIP	0x10		/* transfer nothing to storage */
#define CCWIO_PCI	0x08		/* program-controlled interruption */
#define CCWIO_IDA	0x04		/* indirect data address */
#define CCWIO_S		0x02		/* suspend */
#define CCWIO_MIDA	0x01		/* modified indirect data address */

/* MIDAW flags */
#define CCWIO_MIDAW_LAST	0x80
#define CCWIO_MIDAW_SKIP	0x40

/* SCSW word 0: functions, activity, status */
#define CCWIO_FC_START	0x4000
#define CCWIO_FC_HALT	0x2000
#define CCWIO_FC_CLEAR	0x1000
#define CCWIO_AC_RESUME	0x0800
#define CCWIO_AC_START	0x0400
#define CCWIO_AC_HALT	0x0200
#define CCWIO_AC_CLEAR	0x0100
#define CCWIO_AC_SCH	0x0080
#define CCWIO_AC_DEV	0x0040
#define CCWIO_AC_SUSP	0x0020
#define CCWIO_SC_ALERT	0x0010
#define CCWIO_SC_INTER	0x0008
#define CCWIO_SC_PRIM	0x0004
#define CCWIO_SC_SEC	0x0002
#define CCWIO_SC_PEND	0x0001

/* Device status and subchannel status */
#define CCWIO_DEV_ATTN	0x80
#define CCWIO_DEV_SM	0x40
#define CCWIO_DEV_CUE	0x20
#define CCWIO_DEV_BUSY	0x10
#define CCWIO_DEV_CE	0x08
#define CCWIO_DEV_DE	0x04
#define CCWIO_DEV_UC	0x02
#define CCWIO_DEV_UE	0x01
#define CCWIO_SCH_PCI	0x80
#define CCWIO_SCH_IL	0x40
#define CCWIO_SCH_PROG	0x20
#define CCWIO_SCH_PROT	0x10
#define CCWIO_SCH_CDC	0x08
#define CCWIO_SCH_CCC	0x04
#define CCWIO_SCH_IFCC	0x02
#define CCWIO_SCH_CHAIN	0x01

/* Command bits of the command region; the last two are announced */
#define CCWIO_CMD_HALT		0x1
#define CCWIO_CMD_CLEAR		0x2
#define CCWIO_CMD_RESUME	0x4
#define CCWIO_CMD_CANCEL	0x8

enum ccwio_region {
	CCWIO_REGION_IO,
	CCWIO_REGION_CMD,
	CCWIO_REGION_SCHIB,
	CCWIO_REGION_CRW,
	CCWIO_NR_REGIONS
};

enum ccwio_irq {
	CCWIO_IRQ_IO,
	CCWIO_IRQ_CRW,
	CCWIO_IRQ_REQ,
	CCWIO_NR_IRQS
};

/**
 * enum ccwio_backend - how the device's DMA is described to the kernel
 * @CCWIO_TYPE1: group and container of type 1
 * @CCWIO_IOMMUFD: device file and iommufd
 */
enum ccwio_backend {
	CCWIO_TYPE1,
	CCWIO_IOMMUFD,
};

/* Where memory appears to channel programs unless options say otherwise */
#define CCWIO_BASE	0x60000000ull	/* 1.5 GiB */
#define CCWIO_SIZE	(8u << 20)
#define CCWIO_LOW	0x00c00000ull	/* 12 MiB, for format-0 CCWs */
#define CCWIO_LOW_SIZE	(2u << 20)

/**
 * struct ccwio_options - what ccwio_open() may be told; zero means default
 * @uuid: of the mdev
 * @backend: see &enum ccwio_backend
 * @base: iova of the memory for programs and data, page aligned; keep it
 *	above the machine's storage, so that an address which somebody
 *	forgets to translate cannot reach anything
 * @size: bytes of it, page aligned
 * @share: use this device's container or I/O address space instead of a new
 *	one; it must outlive the new device
 * @no_memory: map nothing
 * @no_events: register no eventfds
 * @raw: only open it and map memory; it need not be a subchannel
 */
struct ccwio_options {
	const char *uuid;
	enum ccwio_backend backend;
	uint64_t base;
	size_t size;
	struct ccwio_dev *share;
	bool no_memory;
	bool no_events;
	bool raw;
};

/**
 * struct ccwio_scsw - subchannel-status word
 * @ctl: word 0
 * @cpa: word 1, channel-program address
 * @dev: device status
 * @sch: subchannel status
 * @count: residual byte count
 *
 * PoP chapter 16, "Subchannel-Status Word".
 */
struct ccwio_scsw {
	uint32_t ctl;
	uint32_t cpa;
	uint8_t dev;
	uint8_t sch;
	uint16_t count;
};

/**
 * struct ccwio_irb - interruption-response block
 * @scsw: subchannel-status word
 * @esw: extended-status word, five words
 * @ecw: extended-control word, usually sense bytes
 * @emw: extended-measurement word
 *
 * PoP chapter 16, "Interruption-Response Block".
 */
struct ccwio_irb {
	struct ccwio_scsw scsw;
	uint32_t esw[5];
	uint8_t ecw[32];
	uint8_t emw[32];
};

/**
 * struct ccwio_orb - command-mode operation-request block
 * @intparm: interruption parameter
 * @ctl: word 1, CCWIO_ORB_*
 * @cpa: iova of the first CCW
 */
struct ccwio_orb {
	uint32_t intparm;
	uint32_t ctl;
	uint32_t cpa;
};

/**
 * struct ccwio_map - one mapped range
 * @iova: its first address for channel programs
 * @size: bytes
 * @mem: the same memory in this process
 */
struct ccwio_map {
	uint64_t iova;
	uint64_t size;
	uint8_t *mem;
};

#define CCWIO_MAX_MAPS	32

/**
 * struct ccwio_dev - an open device
 * @backend: see &enum ccwio_backend
 * @fd: the device
 * @container: container or iommufd
 * @group: group, or -1
 * @ioas: I/O address space of the iommufd
 * @owner: whether @container is this device's own
 * @event: one eventfd for each irq, or -1
 * @offset: of each region in @fd
 * @map: what this library has mapped
 * @nr_maps: how many
 * @next: next free iova for ccwio_alloc()
 * @next_low: the same for ccwio_alloc_low()
 * @unsolicited: unsolicited status seen by ccwio_answer()
 * @last_unsolicited: the newest of it
 * @error: a sentence about what went wrong last
 */
struct ccwio_dev {
	enum ccwio_backend backend;
	int fd;
	int container;
	int group;
	uint32_t ioas;
	bool owner;
	int event[CCWIO_NR_IRQS];
	uint64_t offset[CCWIO_NR_REGIONS];
	struct ccwio_map map[CCWIO_MAX_MAPS];
	unsigned int nr_maps;
	uint64_t next;
	uint64_t next_low;
	unsigned long unsolicited;
	struct ccwio_irb last_unsolicited;
	char error[200];
};

/* The device: device.c */
int ccwio_open(struct ccwio_dev *dev, const struct ccwio_options *options);
void ccwio_close(struct ccwio_dev *dev);
int ccwio_attach_event(struct ccwio_dev *dev, enum ccwio_irq irq, int fd);

int ccwio_map_memory(struct ccwio_dev *dev, void *mem, uint64_t iova,
		     uint64_t size, bool writeable);
int ccwio_unmap_memory(struct ccwio_dev *dev, uint64_t iova, uint64_t size);
uint64_t ccwio_alloc(struct ccwio_dev *dev, size_t size, size_t align);
uint64_t ccwio_alloc_low(struct ccwio_dev *dev, size_t size, size_t align);
void ccwio_alloc_reset(struct ccwio_dev *dev);
void *ccwio_mem(struct ccwio_dev *dev, uint64_t iova);

int ccwio_start(struct ccwio_dev *dev, const struct ccwio_orb *orb);
int ccwio_resume_io(struct ccwio_dev *dev, const struct ccwio_orb *orb);
int ccwio_command(struct ccwio_dev *dev, uint32_t command);
int ccwio_reset(struct ccwio_dev *dev);
int ccwio_read_irb(struct ccwio_dev *dev, struct ccwio_irb *irb);
int ccwio_read_schib(struct ccwio_dev *dev, uint8_t schib[52]);
int ccwio_read_crw(struct ccwio_dev *dev, uint32_t *crw);
int ccwio_wait(struct ccwio_dev *dev, int timeout_ms, struct ccwio_irb *irb);
int ccwio_answer(struct ccwio_dev *dev, int timeout_ms, struct ccwio_irb *irb);
bool ccwio_is_unsolicited(const struct ccwio_irb *irb);
bool ccwio_is_intermediate(const struct ccwio_irb *irb);

/* Building blocks in memory; an address that is not mapped ends the process */
void ccwio_put_ccw(struct ccwio_dev *dev, uint64_t iova, int format,
		   uint8_t cmd, uint32_t cda, uint16_t count, uint8_t flags);
void ccwio_put_word(struct ccwio_dev *dev, uint64_t iova, uint32_t word);
void ccwio_put_doubleword(struct ccwio_dev *dev, uint64_t iova,
			  uint64_t doubleword);
void ccwio_put_midaw(struct ccwio_dev *dev, uint64_t iova, uint64_t addr,
		     uint16_t count, uint8_t flags);
void ccwio_decode_irb(const uint8_t bytes[96], struct ccwio_irb *irb);

/* Words: decode.c; each writes into @buf and returns it */
const char *ccwio_dev_status(uint8_t status, char *buf, size_t size);
const char *ccwio_sch_status(uint8_t status, char *buf, size_t size);
const char *ccwio_scsw_ctl(uint32_t ctl, char *buf, size_t size);
const char *ccwio_ccw_flags(uint8_t flags, char *buf, size_t size);
const char *ccwio_command_name(uint8_t cmd);
int ccwio_command_code(const char *name);
int ccwio_status_bit(const char *name, bool device);
void ccwio_print_scsw(FILE *out, const struct ccwio_scsw *scsw);
void ccwio_print_irb(FILE *out, const struct ccwio_irb *irb);
void ccwio_print_orb(FILE *out, const struct ccwio_orb *orb);
void ccwio_print_ccw(FILE *out, uint32_t iova, int format,
		     const uint8_t ccw[8]);
void ccwio_print_schib(FILE *out, const uint8_t schib[52]);
void ccwio_print_crw(FILE *out, uint32_t crw);
void ccwio_print_data(FILE *out, uint64_t iova, const uint8_t *data,
		      size_t size);
void ccwio_print_sense(FILE *out, const uint8_t *sense, size_t size);

/* Text form of channel programs: program.c */
struct ccwio_program;
struct ccwio_program *ccwio_assemble(struct ccwio_dev *dev, const char *text);
void ccwio_free_program(struct ccwio_program *program);
const char *ccwio_program_error(const struct ccwio_program *program);
const struct ccwio_orb *ccwio_program_orb(const struct ccwio_program *program);
int ccwio_symbol(const struct ccwio_program *program, const char *expression,
		 uint64_t *value);
void ccwio_print_program(FILE *out, struct ccwio_dev *dev,
			 const struct ccwio_program *program);
void ccwio_print_buffers(FILE *out, struct ccwio_dev *dev,
			 const struct ccwio_program *program);
int ccwio_program_check(FILE *out, struct ccwio_dev *dev,
			const struct ccwio_program *program, int started,
			const struct ccwio_irb *irb);

#endif /* CCWIO_H */
