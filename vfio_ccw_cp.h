/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channel programs: from the guest's to the host's, and their lifetime
 *
 *   fetch -> plan -> pin -> emit        vfio_ccw_cp_translate(), may sleep
 *   complete                            vfio_ccw_cp_complete(), atomic
 *   release                             vfio_ccw_cp_release(), may sleep
 *
 * Guest memory is hostile and may change at any time: each byte that decides
 * anything is read once, into a snapshot. Every absolute address emitted is a
 * page that this program pinned with the direction needed, a host CCW, IDAL or
 * MIDAL of this program, or a page that the driver owns.
 *
 * Everything is fetched before anything is pinned, so a reader blocked on the
 * user's memory never holds a pin.
 *
 * Vocabulary: iova = guest absolute address, host = host absolute address,
 * "last" is inclusive, "end" exclusive. A segment is a run of CCWs at ascending
 * addresses, entered at its first CCW or by TIC.
 *
 * Includes no architecture header and nothing of the shell.
 */
#ifndef VFIO_CCW_CP_H
#define VFIO_CCW_CP_H

#include <linux/errno.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_format.h"
#include "vfio_ccw_pins.h"

struct vfio_ccw_cp;

/* Limits on one program, its tails after a resume included */
#define VFIO_CCW_CP_MAX_CCWS		8192	/* CCWs, TICs included */
#define VFIO_CCW_CP_MAX_SEGMENTS	1024
#define VFIO_CCW_CP_MAX_PAGES		32768	/* distinct pages pinned: 128 MiB */
#define VFIO_CCW_CP_MAX_IDAWS		65536	/* IDAWs and MIDAWs of all CCWs */
#define VFIO_CCW_CP_MAX_RUNS		2048	/* ranges of pages, one pin each */

/* Resumes of a program that runs, until it is known where the channel is */
#define VFIO_CCW_CP_MAX_TAILS		7

/**
 * struct vfio_ccw_mem_ops - guest memory and memory that the channel can reach
 * @read: copy @len bytes at guest address @iova into @buf; may sleep. 0 or
 *	-errno: -EFAULT, -EINVAL, -EPERM, -ENOENT mean that the range is not
 *	(wholly) the guest's; anything else is trouble of the host
 * @pin: pin @npages whole pages from page-aligned @iova for @dir
 *	(VFIO_CCW_PIN_*) and store each page's host absolute address into
 *	@host; may sleep. All or nothing: 0 or -errno as @read; -EPERM says
 *	that a page may not be used in that direction. @npages is at most
 *	VFIO_CCW_PIN_MAX
 * @unpin: undo one @pin call, with the same @iova and @npages
 * @alloc: @size bytes (a multiple of 4 KiB, at most VFIO_CCW_ALLOC_MAX) of
 *	zeroed memory below 2 GiB, naturally aligned to 4 KiB, charged to the
 *	user; may sleep. Stores its host absolute address into @host. NULL if
 *	there is none
 * @free: undo @alloc
 * @hold: take a reference of its own to the page at @host (quarantine)
 * @unhold: undo @hold
 *
 * A fake of this table is all that a test needs.
 */
struct vfio_ccw_mem_ops {
	int (*read)(void *ctx, u64 iova, void *buf, size_t len);
	int (*pin)(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		   u64 *host);
	void (*unpin)(void *ctx, u64 iova, unsigned int npages);
	void *(*alloc)(void *ctx, size_t size, u32 *host);
	void (*free)(void *ctx, void *mem, size_t size);
	void (*hold)(void *ctx, u64 host);
	void (*unhold)(void *ctx, u64 host);
};

#define VFIO_CCW_ALLOC_MAX	(64U << 10)	/* bytes in one alloc call */

struct vfio_ccw_cp *vfio_ccw_cp_alloc(const struct vfio_ccw_mem_ops *ops,
				      void *ctx);
void vfio_ccw_cp_free(struct vfio_ccw_cp *cp);
void vfio_ccw_cp_keep(struct vfio_ccw_cp *cp, struct vfio_ccw_pins *pins,
		      unsigned int slot);

int vfio_ccw_cp_translate(struct vfio_ccw_cp *cp,
			  const struct vfio_ccw_orb *orb);
void vfio_ccw_cp_host_orb(const struct vfio_ccw_cp *cp, u32 intparm,
			  struct vfio_ccw_orb *orb);

void vfio_ccw_cp_begin_resume(struct vfio_ccw_cp *cp, bool suspended,
			      u32 host_cpa);
int vfio_ccw_cp_prepare_resume(struct vfio_ccw_cp *cp);
void vfio_ccw_cp_commit_resume(struct vfio_ccw_cp *cp);
void vfio_ccw_cp_resumed(struct vfio_ccw_cp *cp);

void vfio_ccw_cp_complete(struct vfio_ccw_cp *cp, struct vfio_ccw_irb *irb);
bool vfio_ccw_cp_overwrote(const struct vfio_ccw_cp *cp, u32 host_cpa);
void vfio_ccw_cp_strip(struct vfio_ccw_irb *irb);
void vfio_ccw_cp_release(struct vfio_ccw_cp *cp);
void vfio_ccw_cp_quarantine(struct vfio_ccw_cp *cp);

bool vfio_ccw_cp_uses(struct vfio_ccw_cp *cp, u64 iova, u64 length);

/**
 * struct vfio_ccw_cp_stats - what one program came to, for tracing
 * @ccws: CCWs fetched
 * @segments: segments
 * @idaws: IDAWs and MIDAWs fetched
 * @pages: distinct guest pages pinned
 * @pins: pin calls
 * @reads: read calls
 */
struct vfio_ccw_cp_stats {
	unsigned int ccws;
	unsigned int segments;
	unsigned int idaws;
	unsigned int pages;
	unsigned int pins;
	unsigned int reads;
};

void vfio_ccw_cp_stats(const struct vfio_ccw_cp *cp,
		       struct vfio_ccw_cp_stats *stats);

/**
 * vfio_ccw_cp_check_orb() - can this operation-request block be started?
 * @orb: the guest's ORB
 *
 * Context: any; pure.
 * Return: 0; -EOPNOTSUPP for transport mode (B); -EINVAL if a bit is one that
 * the architecture reserves. PoP chapter 15, "Operation-Request Block".
 */
static inline int vfio_ccw_cp_check_orb(const struct vfio_ccw_orb *orb)
{
	u32 ctl = be32_to_cpu(orb->ctl);

	if (ctl & VFIO_CCW_ORB_B)
		return -EOPNOTSUPP;
	if (ctl & VFIO_CCW_ORB_ZERO)
		return -EINVAL;
	return 0;
}

#endif /* VFIO_CCW_CP_H */
