// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: the host's addresses in the status become the guest's
 *
 * Owns: what the guest sees of the interruption-response block. No host address
 * remains in it.
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/* Of several segments, the last one that begins at or before @host */
static u32 cp_status_segment_before(const struct cp_prog *p, u32 host)
{
	const struct cp_order *order = p->order.p;
	u32 lo = 0, hi = p->segments.n;
	u32 mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (order[mid].at <= host)
			lo = mid;
		else
			hi = mid;
	}
	return order[lo].index;
}

/* The segment with a host CCW at @host */
static __always_inline struct cp_segment *
cp_status_find_segment(const struct cp_prog *p, u32 host)
{
	struct cp_segment *s = p->segments.p;

	if (!p->segments.n)
		return NULL;
	if (unlikely(p->segments.n > 1))
		s += cp_status_segment_before(p, host);
	if (host - s->host < s->slots * VFIO_CCW_CCW_SIZE && s->mem)
		return s;
	return NULL;
}

static __always_inline bool cp_status_find_in_part(const struct cp_prog *p,
						   u32 host,
						   struct cp_found *found)
{
	const struct cp_segment *s = cp_status_find_segment(p, host);
	u32 off, at;

	if (!s)
		return false;
	off = host - s->host;
	at = prog_ccw_of_slot(s, off / VFIO_CCW_CCW_SIZE);
	found->iova = s->iova + off;
	found->ccw = at == CP_NONE ? NULL : prog_ccw(p, at);
	return true;
}

static bool cp_status_find_in_parts(const struct vfio_ccw_cp *cp, u32 host,
				    struct cp_found *found)
{
	const struct cp_prog *p;

	for_each_part(p, cp)
		if (!prog_part_hidden(cp, p) &&
		    cp_status_find_in_part(p, host, found))
			return true;
	return false;
}

static __always_inline bool
cp_status_find_host_ccw(const struct vfio_ccw_cp *cp, u32 host,
			struct cp_found *found)
{
	if (unlikely(cp->resumed))
		return cp_status_find_in_parts(cp, host, found);
	return cp_status_find_in_part(&cp->prog[0], host, found);
}

/**
 * cp_status_find_ccw() - which CCW stands at a host address?
 * @cp: the channel-program object
 * @host: host absolute address
 * @found: where to put the answer
 *
 * Context: any, does not sleep.
 * Return: false if no CCW, TIC or guard of the program stands there.
 */
bool cp_status_find_ccw(const struct vfio_ccw_cp *cp, u32 host,
			struct cp_found *found)
{
	return cp_status_find_host_ccw(cp, host, found);
}

/*
 * The guest's channel-program address for @host. It is the address of a CCW plus
 * 8; that of the first CCW, as in the ORB, while the start is still pending; or 0
 * if @host is neither.
 */
static u32 cp_status_guest_cpa(struct vfio_ccw_cp *cp, u32 host,
			       struct cp_found *found)
{
	if (likely(cp_status_find_host_ccw(cp, host - VFIO_CCW_CCW_SIZE,
					   found)))
		return found->iova + VFIO_CCW_CCW_SIZE;
	if (cp_status_find_ccw(cp, host, found))
		return found->iova;
	found->ccw = NULL;
	return 0;
}

/* The guest address of byte @host, in a page that @p has pinned */
static bool cp_status_guest_addr_in(const struct cp_prog *p, u64 host,
				    u64 *iova)
{
	const struct cp_extent *run = prog_runs(p);
	const struct cp_extent *end = run + p->runs;
	u64 h;
	u32 k;

	for (; run < end; run++) {
		for (k = 0; k < run->pages; k++) {
			h = *prog_host(p, run->host + k);
			if (h & CP_HOST_UNPINNED || (h ^ host) >> CP_PAGE_SHIFT)
				continue;
			*iova = (run->page + k) << CP_PAGE_SHIFT |
				(host & CP_PAGE_MASK);
			return true;
		}
	}
	return false;
}

/* The guest address of byte @host, in a page pinned or in a CCW */
static bool cp_status_guest_addr(struct vfio_ccw_cp *cp, u64 host, u64 *iova)
{
	struct cp_found found;
	struct cp_prog *p;

	if (host < CP_LIMIT_31 && cp_status_find_ccw(cp, host, &found)) {
		*iova = found.iova;
		return true;
	}
	for_each_part(p, cp)
		if (!prog_part_hidden(cp, p) &&
		    cp_status_guest_addr_in(p, host, iova))
			return true;
	return false;
}

static void cp_status_strip_esw(struct vfio_ccw_esw *esw)
{
	esw->erw &= cpu_to_be32(~(VFIO_CCW_ERW_F | VFIO_CCW_ERW_C |
				  VFIO_CCW_ERW_R));
	esw->faddr[0] = 0;
	esw->faddr[1] = 0;
	esw->saddr = 0;
}

/*
 * PoP chapter 16, "Extended-Control Word": sense data if the subchannel says so,
 * otherwise information for the host's own program, which the guest must not see.
 * Bytes that the channel does not store are left over from another subchannel. The
 * extended-measurement word is never valid, because no one enables measurement.
 */
static __always_inline void cp_status_strip_ecw(struct vfio_ccw_irb *irb)
{
	const __be32 extended = cpu_to_be32(VFIO_CCW_SCSW_E);
	u32 erw = be32_to_cpu(irb->esw.erw);
	u32 bytes;

	memset(irb->emw, 0, sizeof(irb->emw));
	/* Usual status: a constant size needs no call */
	if (likely(!(irb->scsw.ctl & extended && erw & VFIO_CCW_ERW_S))) {
		irb->scsw.ctl &= ~extended;
		memset(irb->ecw, 0, sizeof(irb->ecw));
		return;
	}
	bytes = FIELD_GET(VFIO_CCW_ERW_SCNT, erw) ?: sizeof(irb->ecw);
	bytes = min_t(u32, bytes, sizeof(irb->ecw));
	memset(irb->ecw + bytes, 0, sizeof(irb->ecw) - bytes);
}

/* PoP chapter 16, "Extended-Status Word": only format 0 holds addresses */
static void cp_status_complete_esw(struct vfio_ccw_cp *cp,
				   struct vfio_ccw_esw *esw)
{
	u32 erw = be32_to_cpu(esw->erw);
	u32 saddr = be32_to_cpu(esw->saddr);
	u64 faddr = be32_to_cpu(esw->faddr[0]);
	struct cp_found found;
	u64 iova = 0;

	if (erw & VFIO_CCW_ERW_R)
		faddr = faddr << 32 | be32_to_cpu(esw->faddr[1]);
	cp_status_strip_esw(esw);
	/* The secondary-CCW address is that of the CCW itself, not plus 8 */
	if (erw & VFIO_CCW_ERW_C && cp_status_find_ccw(cp, saddr, &found)) {
		esw->saddr = cpu_to_be32(found.iova);
		esw->erw |= cpu_to_be32(VFIO_CCW_ERW_C);
	}
	if (!(erw & VFIO_CCW_ERW_F) || !cp_status_guest_addr(cp, faddr, &iova))
		return;
	esw->erw |= cpu_to_be32(VFIO_CCW_ERW_F);
	if (!(erw & VFIO_CCW_ERW_R) && iova < CP_LIMIT_31) {
		esw->faddr[0] = cpu_to_be32(iova);
		return;
	}
	esw->erw |= cpu_to_be32(VFIO_CCW_ERW_R);
	esw->faddr[0] = cpu_to_be32(iova >> 32);
	esw->faddr[1] = cpu_to_be32(iova);
}

/*
 * A guard or a poisoned address makes the channel report a program check. Report
 * a protection check instead where the guest's fault was a page that may only be
 * read.
 */
static void cp_status_complete_check(struct vfio_ccw_scsw *scsw,
				     const struct cp_found *found)
{
	u32 status = be32_to_cpu(scsw->status);
	u32 sch = FIELD_GET(VFIO_CCW_STATUS_SCH, status);

	if (!found->ccw || found->ccw->reason != CP_PROT ||
	    !(sch & VFIO_CCW_CS_PROG))
		return;
	sch = (sch & ~(u32)VFIO_CCW_CS_PROG) | VFIO_CCW_CS_PROT;
	status &= ~(u32)VFIO_CCW_STATUS_SCH;
	scsw->status = cpu_to_be32(status | FIELD_PREP(VFIO_CCW_STATUS_SCH,
						       sch));
}

/**
 * vfio_ccw_cp_complete() - make an interruption-response block the guest's
 * @cp: the program it belongs to
 * @irb: in: as the host stored it; out: as the guest is to see it
 *
 * The channel-program address becomes the guest's where PoP figure 16-6 makes
 * it valid, 0 otherwise; the format and address-limit bits are those of the
 * guest's ORB; addresses in the extended-status word become the guest's or are
 * marked invalid. No host address remains.
 *
 * Context: any; the caller excludes release, vfio_ccw_cp_begin_resume() and
 *	vfio_ccw_cp_commit_resume().
 */
void vfio_ccw_cp_complete(struct vfio_ccw_cp *cp, struct vfio_ccw_irb *irb)
{
	u32 same = VFIO_CCW_ORB_F | VFIO_CCW_ORB_A;
	u32 ctl = be32_to_cpu(irb->scsw.ctl);
	struct cp_found found;
	u32 cpa;

	if (!(ctl & VFIO_CCW_FC_START) || ctl & VFIO_CCW_FC_CLEAR) {
		vfio_ccw_cp_strip(irb);
		return;
	}
	cpa = cp_status_guest_cpa(cp, be32_to_cpu(irb->scsw.cpa), &found);
	irb->scsw.cpa = cpu_to_be32(cpa);
	irb->scsw.ctl = cpu_to_be32((ctl & ~same) | (cp->orb & same));
	cp_status_strip_ecw(irb);
	cp_status_complete_check(&irb->scsw, &found);
	if (ctl & VFIO_CCW_SCSW_L)
		cp_status_complete_esw(cp, &irb->esw);
	else
		cp_status_strip_esw(&irb->esw);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_complete);

/*
 * May @len bytes at @addr, which is the last one of them for read backward, change the
 * CCW at @iova? No area that was found usable is empty.
 */
static bool cp_status_area_covers(const struct cp_ccw *c, u64 addr, u32 len,
				  u32 iova)
{
	if (c->dir == CP_BACK)
		addr -= len - 1;
	return addr < (u64)iova + VFIO_CCW_CCW_SIZE && iova < addr + len;
}

/* May the input of @c change the CCW at @iova? */
static bool cp_status_input_covers(const struct vfio_ccw_cp *cp,
				   const struct cp_prog *p,
				   const struct cp_ccw *c, u32 iova)
{
	const u64 *w = p->words.p + c->first;
	u32 k, off, len, left = c->count;

	if (c->dir == CP_OUT)
		return false;
	if (c->kind == CP_DIRECT)
		return cp_status_area_covers(c, c->addr, c->good, iova);
	for (k = 0; c->kind == CP_IDAL && k < c->words; k++, left -= len) {
		off = w[k] & (cp->block - 1);
		len = c->dir == CP_BACK ? off + 1 : cp->block - off;
		len = min(len, left);
		if (cp_status_area_covers(c, w[k], len, iova))
			return true;
	}
	for (k = 0; c->kind == CP_MIDAL && k < c->words; k++, w += 2)
		if (!prog_midaw_skips(c, w[0]) &&
		    cp_status_area_covers(c, w[1], prog_midaw_count(w[0]),
					  iova))
			return true;
	return false;
}

/* May another CCW of @p have read over @found, since that was fetched? */
static bool cp_status_part_overwrote(const struct vfio_ccw_cp *cp,
				     const struct cp_prog *p,
				     const struct cp_found *found)
{
	const struct cp_ccw *c;

	/* A resume has fetched it anew, when the others of this part were done */
	if (found->ccw && found->ccw->home)
		return false;
	for_each_ccw(c, p) {
		/* Without a branch, nothing behind it was executed */
		if (c == found->ccw && p->branches.n == 1)
			return false;
		if (c->iova != found->iova &&
		    cp_status_input_covers(cp, p, c, found->iova))
			return true;
	}
	return false;
}

/**
 * vfio_ccw_cp_overwrote() - may a program have read over the CCW that it ended at?
 * @cp: the program
 * @host_cpa: channel-program address of its status, as the host stored it
 *
 * The channel has executed the CCW that was there when the program was translated.
 * What another CCW of the program has read to that place since would have been
 * executed by a channel that fetches each CCW when it comes to it. That a CCW reads
 * over itself makes no difference: it has been fetched by then. Nor does what is read
 * before a program is suspended: the tail that it goes on in is fetched afterwards.
 *
 * Context: as vfio_ccw_cp_complete(). Takes a time in proportion to the CCWs and
 *	list words of the program.
 * Return: true if so.
 */
bool vfio_ccw_cp_overwrote(const struct vfio_ccw_cp *cp, u32 host_cpa)
{
	const struct cp_prog *p;
	struct cp_found found;

	for_each_part(p, cp)
		if (!prog_part_hidden(cp, p) &&
		    cp_status_find_in_part(p, host_cpa - VFIO_CCW_CCW_SIZE,
					   &found))
			return cp_status_part_overwrote(cp, p, &found);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_overwrote);

/**
 * vfio_ccw_cp_strip() - take every address out of an IRB without a program
 * @irb: the interruption-response block
 *
 * For unsolicited status, for status of a program that has ended before, and
 * after a clear, when PoP figure 16-6 makes the addresses unpredictable.
 *
 * Context: any.
 */
void vfio_ccw_cp_strip(struct vfio_ccw_irb *irb)
{
	irb->scsw.cpa = 0;
	cp_status_strip_esw(&irb->esw);
	cp_status_strip_ecw(irb);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_strip);
