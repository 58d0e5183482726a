// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine: every state, every event, every condition code
 *
 * One table of literals says for each what is returned, where it leads, which
 * operations reach the subchannel in which order and what is left to the
 * shell. The fake subchannel answers as it is told, writes down what it is
 * asked, and checks from the inside that the subchannel lock is held, that
 * nothing but silence is asked of it in NOT_OPER and STANDBY, and that no
 * program is given up that the channel still runs.
 *
 * Sequences of events are in the second half. The exploration in tests/user
 * covers all of them; these are the ones worth reading.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_fsm.h"

#define START	VFIO_CCW_FC_START
#define HALT	VFIO_CCW_FC_HALT
#define CLEAR	VFIO_CCW_FC_CLEAR

/* Words 0 of subchannel-status words, as TEST SUBCHANNEL stores them */
#define W_END		0x00004007U	/* start, primary, secondary */
#define W_PRIM		0x00004045U	/* start, device active, primary */
#define W_SEC		0x00000003U	/* secondary */
#define W_PCI		0x000040c9U	/* start, active, intermediate */
#define W_SUSP		0x00004029U	/* start, suspended, intermediate */
#define W_SUSP_ATTN	0x00004031U	/* start, suspended, alert */
#define W_HALT_SUSP	0x00006029U	/* start, halt, suspended, intermediate */
#define W_HALTED	0x00002001U	/* halt, pending alone */
#define W_CLEARED	0x00001001U	/* clear, pending alone */
#define W_BOTH		0x00006007U	/* start, halt, primary, secondary */
#define W_ATTN		0x00000011U	/* unsolicited alert */
#define W_ODD		0x000040d9U	/* start, active, alert, intermediate */
#define W_ODD_ENDED	0x00004019U	/* start, alert, intermediate */

/* What the driver makes up itself */
#define W_GONE_S	0x03004017U	/* deferred cc 3, start, all status */
#define W_GONE_SH	0x03006017U	/* the same with halt */
#define W_CHECK_S	0x04004017U	/* ESW valid, start, all status */
#define W_CHECK_SH	0x04006017U	/* the same with halt */

#define LOG_LEN		24

/**
 * struct fake - a subchannel that does as it is told
 * @fsm: the state machine under test
 * @fx: effects of the last step
 * @test: for expectations from the inside
 * @locked: the subchannel lock is held
 * @held: fsm_mutex is held
 * @log: operations asked for, one letter each
 * @len: length of @log
 * @cc: condition code of ssch, hsch, csch, rsch, xsch
 * @xsch_cc: condition code of xsch if it is not -1
 * @stsch: result of stsch
 * @disable: result of disable
 * @missing: stsch has failed, and so will disable
 * @enable: result of enable
 * @schib: what stsch stores
 * @paths: paths of the host
 * @orb: last ORB started
 * @impossible: how often an event was said to be impossible
 * @said: the last of these events
 * @runs: the channel may use the program
 * @odd_irq: interrupt to raise at the next unlock, 0 if none
 * @early_irq: interrupt to raise just before the next lock, 0 if none
 * @late_end: status to become pending just before the next xsch, 0 if none
 * @flood: interrupt to raise at every unlock, 0 if none
 * @completed: blocks of status made the guest's
 */
struct fake {
	struct vfio_ccw_fsm fsm;
	struct vfio_ccw_effects fx;
	struct kunit *test;
	bool locked;
	bool held;
	char log[LOG_LEN + 1];
	unsigned int len;
	int cc;
	int xsch_cc;
	int stsch;
	int disable;
	bool missing;
	int enable;
	struct vfio_ccw_schib schib;
	u8 paths;
	struct vfio_ccw_orb orb;
	unsigned int impossible;
	enum vfio_ccw_event said;
	bool runs;
	u32 odd_irq;
	u32 early_irq;
	u32 late_end;
	u32 flood;
	unsigned int completed;
};

/* Any addresses will do for programs */
static char program_mem[2];
#define CP	((struct vfio_ccw_cp *)&program_mem[0])
#define OTHER	((struct vfio_ccw_cp *)&program_mem[1])

static void note(struct fake *f, char what)
{
	KUNIT_EXPECT_TRUE(f->test, f->locked);
	if (f->len < LOG_LEN)
		f->log[f->len++] = what;
	f->log[f->len] = '\0';
}

static int instruction(struct fake *f, char what, int cc)
{
	note(f, what);
	KUNIT_EXPECT_NE(f->test, f->fsm.state, VFIO_CCW_STATE_NOT_OPER);
	KUNIT_EXPECT_NE(f->test, f->fsm.state, VFIO_CCW_STATE_STANDBY);
	return cc;
}

static struct vfio_ccw_irb irb_of(u32 ctl)
{
	struct vfio_ccw_irb irb = {};

	irb.scsw.ctl = cpu_to_be32(ctl);
	return irb;
}

static bool irq_irb(struct fake *f, const struct vfio_ccw_irb *irb)
{
	bool wakes;

	KUNIT_EXPECT_FALSE(f->test, f->locked);
	f->locked = true;
	wakes = vfio_ccw_fsm_irq(&f->fsm, irb, vfio_ccw_status_classify(irb));
	f->locked = false;
	return wakes;
}

static bool irq(struct fake *f, u32 ctl)
{
	struct vfio_ccw_irb irb = irb_of(ctl);

	return irq_irb(f, &irb);
}

static void fake_lock(void *ctx)
{
	struct fake *f = ctx;
	u32 ctl = f->early_irq;

	f->early_irq = 0;
	if (ctl)
		irq(f, ctl);
	KUNIT_EXPECT_FALSE(f->test, f->locked);
	f->locked = true;
}

static void fake_unlock(void *ctx)
{
	struct fake *f = ctx;
	u32 ctl = f->odd_irq;

	KUNIT_EXPECT_TRUE(f->test, f->locked);
	f->locked = false;
	f->odd_irq = 0;
	if (ctl)
		irq(f, ctl);
	if (f->flood)
		irq(f, f->flood);
}

static int fake_ssch(void *ctx, const struct vfio_ccw_orb *orb)
{
	struct fake *f = ctx;

	KUNIT_EXPECT_EQ(f->test, f->fsm.state, VFIO_CCW_STATE_IDLE);
	KUNIT_EXPECT_EQ(f->test, f->fsm.outq.len + f->fsm.rawq.len, 0U);
	f->orb = *orb;
	return instruction(f, 's', f->cc);
}

static int fake_hsch(void *ctx)
{
	struct fake *f = ctx;

	return instruction(f, 'h', f->cc);
}

static int fake_csch(void *ctx)
{
	struct fake *f = ctx;

	return instruction(f, 'c', f->cc);
}

static int fake_rsch(void *ctx)
{
	struct fake *f = ctx;

	return instruction(f, 'r', f->cc);
}

static int fake_xsch(void *ctx)
{
	struct fake *f = ctx;

	if (f->late_end) {
		f->schib.scsw.ctl = cpu_to_be32(f->late_end);
		f->late_end = 0;
		return instruction(f, 'x', 1);
	}
	return instruction(f, 'x', f->xsch_cc < 0 ? f->cc : f->xsch_cc);
}

static int fake_stsch(void *ctx, struct vfio_ccw_schib *schib)
{
	struct fake *f = ctx;

	note(f, 't');
	if (!f->stsch)
		*schib = f->schib;
	else
		f->missing = true;
	return f->stsch;
}

static int fake_enable(void *ctx)
{
	struct fake *f = ctx;

	note(f, 'e');
	return f->enable;
}

static int fake_disable(void *ctx)
{
	struct fake *f = ctx;

	note(f, 'd');
	return f->missing ? f->stsch : f->disable;
}

static u8 fake_paths(void *ctx)
{
	struct fake *f = ctx;

	KUNIT_EXPECT_TRUE(f->test, f->locked);
	return f->paths;
}

static void fake_complete(void *ctx, struct vfio_ccw_cp *cp,
			  struct vfio_ccw_irb *irb)
{
	struct fake *f = ctx;

	KUNIT_EXPECT_FALSE(f->test, f->locked);
	KUNIT_EXPECT_PTR_EQ(f->test, cp, f->fsm.cp);
	f->completed++;
}

static void fake_resume(void *ctx, struct vfio_ccw_cp *cp)
{
	struct fake *f = ctx;

	note(f, 'R');
	KUNIT_EXPECT_PTR_EQ(f->test, cp, f->fsm.cp);
}

static void fake_assert_held(void *ctx)
{
	struct fake *f = ctx;

	KUNIT_EXPECT_TRUE(f->test, f->held);
}

static void fake_impossible(void *ctx, enum vfio_ccw_state state,
			    enum vfio_ccw_event event)
{
	struct fake *f = ctx;

	KUNIT_EXPECT_FALSE(f->test, f->locked);
	KUNIT_EXPECT_EQ(f->test, state, f->fsm.state);
	f->impossible++;
	f->said = event;
}

static const struct vfio_ccw_sch_ops fake_ops = {
	.lock = fake_lock,
	.unlock = fake_unlock,
	.ssch = fake_ssch,
	.hsch = fake_hsch,
	.csch = fake_csch,
	.rsch = fake_rsch,
	.xsch = fake_xsch,
	.stsch = fake_stsch,
	.enable = fake_enable,
	.disable = fake_disable,
	.paths = fake_paths,
	.complete = fake_complete,
	.resume = fake_resume,
	.assert_held = fake_assert_held,
	.impossible = fake_impossible,
};

static const struct vfio_ccw_orb all_paths = {
	.ctl = cpu_to_be32(0x0080ff00),
};

/* What holds after every step, whatever it was */
static void check_invariants(struct fake *f)
{
	struct vfio_ccw_fsm *fsm = &f->fsm;
	struct kunit *test = f->test;

	KUNIT_EXPECT_FALSE(test, f->locked);
	if (fsm->state == VFIO_CCW_STATE_BUSY)
		KUNIT_EXPECT_NE(test, fsm->fc, 0U);
	if (fsm->state == VFIO_CCW_STATE_IDLE)
		KUNIT_EXPECT_EQ(test, fsm->fc, 0U);
	if (fsm->state != VFIO_CCW_STATE_BUSY &&
	    fsm->state != VFIO_CCW_STATE_QUIESCING)
		KUNIT_EXPECT_NULL(test, fsm->cp);
	if (fsm->state == VFIO_CCW_STATE_NOT_OPER ||
	    fsm->state == VFIO_CCW_STATE_STANDBY) {
		KUNIT_EXPECT_FALSE(test, fsm->accepting);
		KUNIT_EXPECT_EQ(test, fsm->rawq.len, 0U);
	}
	if (!fsm->opened)
		KUNIT_EXPECT_EQ(test, fsm->outq.len, 0U);
	if (f->fx.retired && f->runs)
		KUNIT_EXPECT_TRUE(test, f->fx.mask & VFIO_CCW_FX_QUARANTINE);
	KUNIT_EXPECT_NE(test, f->fx.mask & (VFIO_CCW_FX_TIMER |
					    VFIO_CCW_FX_TIMER_OFF),
			(u32)(VFIO_CCW_FX_TIMER | VFIO_CCW_FX_TIMER_OFF));
}

/* The event alone, as if fsm_mutex was held on */
static int step_only(struct fake *f, enum vfio_ccw_event event,
		     struct vfio_ccw_arg *arg)
{
	int ret;

	f->fx = (struct vfio_ccw_effects) {};
	f->len = 0;
	f->log[0] = '\0';
	f->held = true;
	ret = vfio_ccw_fsm_step(&f->fsm, event, arg, &f->fx);
	f->held = false;
	check_invariants(f);
	return ret;
}

/* The event, and what whoever holds fsm_mutex does before letting go of it */
static int step(struct fake *f, enum vfio_ccw_event event,
		struct vfio_ccw_arg *arg)
{
	int ret = step_only(f, event, arg);

	if (f->fsm.attended) {
		f->held = true;
		vfio_ccw_fsm_drain(&f->fsm, &f->fx);
		f->held = false;
		check_invariants(f);
	}
	KUNIT_EXPECT_FALSE(f->test, f->fsm.attended);
	return ret;
}

static void drain(struct fake *f)
{
	f->fx = (struct vfio_ccw_effects) {};
	f->len = 0;
	f->log[0] = '\0';
	f->held = true;
	vfio_ccw_fsm_drain(&f->fsm, &f->fx);
	f->held = false;
	check_invariants(f);
}

static int ssch(struct fake *f)
{
	struct vfio_ccw_arg arg = {
		.orb = &all_paths, .cp = CP, .gen = f->fsm.gen,
	};
	int ret = step(f, VFIO_CCW_EVENT_SSCH, &arg);

	KUNIT_EXPECT_PTR_EQ(f->test, arg.cp, ret ? CP : NULL);
	return ret;
}

/* One interrupt, and the worker */
static void irq_and_work(struct fake *f, u32 ctl)
{
	KUNIT_EXPECT_TRUE(f->test, irq(f, ctl));
	drain(f);
}

static u32 peek(struct fake *f, u32 *ctl)
{
	struct vfio_ccw_irb irb;
	u32 seq;

	f->held = true;
	seq = vfio_ccw_fsm_peek(&f->fsm, &irb);
	f->held = false;
	*ctl = be32_to_cpu(irb.scsw.ctl);
	return seq;
}

static void ack(struct fake *f, u32 seq)
{
	f->fx = (struct vfio_ccw_effects) {};
	f->held = true;
	vfio_ccw_fsm_ack(&f->fsm, seq, &f->fx);
	f->held = false;
}

/* One read of all of irb_area; word 0 of the status */
static u32 read_irb(struct fake *f)
{
	u32 ctl;

	ack(f, peek(f, &ctl));
	return ctl;
}

static int fsm_init(struct kunit *test)
{
	struct fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->test = test;
	f->paths = 0xff;
	f->xsch_cc = -1;
	vfio_ccw_fsm_init(&f->fsm, &fake_ops, f);
	test->priv = f;
	return 0;
}

/*
 * Where a row of the table starts from
 */

static void as_new(struct fake *f)
{
	vfio_ccw_fsm_init(&f->fsm, &fake_ops, f);
	f->cc = 0;
	f->stsch = 0;
	f->disable = 0;
	f->missing = false;
	f->enable = 0;
	f->xsch_cc = -1;
	f->paths = 0xff;
	f->schib = (struct vfio_ccw_schib) {
		.ctl = cpu_to_be32(VFIO_CCW_PMCW_ENA), .lpum = 0x80,
	};
	f->impossible = 0;
	f->runs = false;
	f->flood = 0;
	f->completed = 0;
}

static void standby(struct fake *f)
{
	as_new(f);
	step(f, VFIO_CCW_EVENT_INIT, NULL);
}

static void idle(struct fake *f)
{
	standby(f);
	step(f, VFIO_CCW_EVENT_ONLINE, NULL);
}

static void idle_attn(struct fake *f)
{
	idle(f);
	irq_and_work(f, W_ATTN);
}

static void idle_attn_raw(struct fake *f)
{
	idle(f);
	irq(f, W_ATTN);
}

static void busy(struct fake *f)
{
	idle(f);
	ssch(f);
}

static void busy_pci(struct fake *f)
{
	busy(f);
	irq_and_work(f, W_PCI);
}

static void busy_pci_raw(struct fake *f)
{
	busy(f);
	irq(f, W_PCI);
}

static void busy_end_raw(struct fake *f)
{
	busy(f);
	irq(f, W_END);
}

static void busy_susp(struct fake *f)
{
	busy(f);
	irq_and_work(f, W_SUSP);
	read_irb(f);
	f->schib.scsw.ctl = cpu_to_be32(START | VFIO_CCW_AC_SUSP);
}

/* Suspended, and no interrupt came yet */
static void busy_susp_pending(struct fake *f)
{
	busy_susp(f);
	f->schib.scsw.ctl = cpu_to_be32(W_SUSP);
}

/* Resumed, but the channel has not left the suspended CCW yet */
static void busy_resuming(struct fake *f)
{
	busy_susp(f);
	f->schib.scsw.ctl |= cpu_to_be32(VFIO_CCW_AC_RESUME);
}

static void busy_halt(struct fake *f)
{
	busy(f);
	step(f, VFIO_CCW_EVENT_HSCH, NULL);
}

/* It interrupts while it is being halted, and nobody has taken that yet */
static void busy_halt_pci_raw(struct fake *f)
{
	busy_halt(f);
	irq(f, 0x000060c9);
}

static void busy_halt_only(struct fake *f)
{
	idle(f);
	step(f, VFIO_CCW_EVENT_HSCH, NULL);
}

static void busy_clear(struct fake *f)
{
	busy(f);
	step(f, VFIO_CCW_EVENT_CSCH, NULL);
}

/* The driver terminates the start for a lost path by a clear */
static void busy_kill(struct fake *f)
{
	struct vfio_ccw_arg arg = { .mask = 0x80 };

	busy(f);
	f->xsch_cc = 2;
	step(f, VFIO_CCW_EVENT_PATHGONE, &arg);
	f->xsch_cc = -1;
}

/* The clear by which the driver ends the start has ended it */
static void busy_kill_end_raw(struct fake *f)
{
	busy_kill(f);
	irq(f, W_CLEARED);
}

/* Started, and then the host lost its last path */
static void busy_no_path(struct fake *f)
{
	busy(f);
	f->paths = 0;
	f->schib.lpum = 0;
}

/* The end of the start is pending at the subchannel, no interrupt came yet */
static void busy_ended(struct fake *f)
{
	busy(f);
	f->schib.scsw.ctl = cpu_to_be32(W_END);
}

/* The driver terminates the start for an unmap by a clear */
static void busy_unmap(struct fake *f)
{
	struct vfio_ccw_arg arg = { .touches = true };

	busy(f);
	f->xsch_cc = 2;
	step(f, VFIO_CCW_EVENT_DMA_UNMAP, &arg);
	f->xsch_cc = -1;
}

/* The event has to stop the channel, which neither ends nor can be cancelled */
static void quiesce(struct fake *f, enum vfio_ccw_event event)
{
	f->disable = -EBUSY;
	f->xsch_cc = 2;
	step(f, event, NULL);
	f->xsch_cc = -1;
}

static void quiescing_reset(struct fake *f)
{
	busy(f);
	quiesce(f, VFIO_CCW_EVENT_RESET);
}

static void quiescing_close(struct fake *f)
{
	busy(f);
	quiesce(f, VFIO_CCW_EVENT_OFFLINE);
}

static void quiescing_shutdown(struct fake *f)
{
	busy(f);
	quiesce(f, VFIO_CCW_EVENT_SHUTDOWN);
}

static void quiescing_unmap(struct fake *f)
{
	busy_unmap(f);
	quiesce(f, VFIO_CCW_EVENT_TIMEOUT);
}

/* The last rung, on which nothing has helped */
static void quiescing_last(struct fake *f)
{
	unsigned int i;

	quiescing_close(f);
	f->runs = true;
	for (i = 0; i < 6; i++)
		step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
}

static void quiescing_end_raw(struct fake *f)
{
	quiescing_close(f);
	irq(f, W_BOTH);
}

static void gone_open(struct fake *f)
{
	idle(f);
	step(f, VFIO_CCW_EVENT_GONE, NULL);
}

static void gone_closed(struct fake *f)
{
	standby(f);
	step(f, VFIO_CCW_EVENT_GONE, NULL);
}

static void stuck(struct fake *f)
{
	quiescing_last(f);
	step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
}

/* All paths went into standby, and the subchannel has no device */
static void lose_device(struct fake *f)
{
	f->stsch = -EACCES;
	f->disable = -EACCES;
	step(f, VFIO_CCW_EVENT_SCHIB, NULL);
	f->missing = false;
	f->stsch = 0;
	f->disable = 0;
}

static void nodev_open(struct fake *f)
{
	idle(f);
	lose_device(f);
}

static void nodev_closed(struct fake *f)
{
	standby(f);
	lose_device(f);
}

/* The channel could not be stopped, and it is open still */
static void stuck_open(struct fake *f)
{
	unsigned int i;

	quiescing_unmap(f);
	f->runs = true;
	for (i = 0; i < 7; i++)
		step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
}

/* Another one took its place before anybody looked: it is not enabled */
static void idle_was_reset(struct fake *f)
{
	idle(f);
	f->schib.ctl = 0;
}

static void busy_was_reset(struct fake *f)
{
	busy(f);
	f->schib.ctl = 0;
}

/* The host went down after the device had gone */
static void gone_shut_down(struct fake *f)
{
	gone_closed(f);
	step(f, VFIO_CCW_EVENT_SHUTDOWN, NULL);
}

static void shut_down(struct fake *f)
{
	standby(f);
	step(f, VFIO_CCW_EVENT_SHUTDOWN, NULL);
}

static void standby_open(struct fake *f)
{
	idle(f);
	f->enable = -EBUSY;
	step(f, VFIO_CCW_EVENT_RESET, NULL);
	f->enable = 0;
}

/**
 * struct row - one line of the table
 * @name: state and event, as this file names them
 * @from: makes the state
 * @event: event
 * @cc: condition code of all instructions, or ANY: it must not matter
 * @stsch: result of stsch
 * @disable: result of disable
 * @enable: result of enable
 * @ret: expected result
 * @to: expected state
 * @log: expected operations: s h c r x as the instructions, t stsch, d
 *	disable, e enable, R the tail put in place
 * @fx: expected effects
 * @retires: the program comes back
 */
struct row {
	const char *name;
	void (*from)(struct fake *f);
	enum vfio_ccw_event event;
	int cc;
	int stsch;
	int disable;
	int enable;
	int ret;
	enum vfio_ccw_state to;
	const char *log;
	u32 fx;
	bool retires;
};

#define ANY	-1

#define NOT_OPER	VFIO_CCW_STATE_NOT_OPER
#define STANDBY		VFIO_CCW_STATE_STANDBY
#define IDLE		VFIO_CCW_STATE_IDLE
#define BUSY		VFIO_CCW_STATE_BUSY
#define QUIESCING	VFIO_CCW_STATE_QUIESCING

#define IO	VFIO_CCW_FX_SIGNAL_IO
#define REQ	VFIO_CCW_FX_SIGNAL_REQ
#define UNREG	VFIO_CCW_FX_UNREG
#define WAKE	VFIO_CCW_FX_WAKE
#define TIMER	VFIO_CCW_FX_TIMER
#define OFF	VFIO_CCW_FX_TIMER_OFF
#define QUAR	VFIO_CCW_FX_QUARANTINE
#define UNQUAR	VFIO_CCW_FX_UNQUARANTINE

#define EV(name)	VFIO_CCW_EVENT_##name

/* A row with the name of its state and its event; the other members follow */
#define ROW(from, event, ...) \
	{ #from " " #event, from, EV(event), __VA_ARGS__ }

static const struct row rows[] = {
	/* NOT_OPER: nothing but silence is asked of the hardware */
	ROW(as_new, INIT, ANY, 0, 0, 0, 0, STANDBY, "td", 0),
	ROW(as_new, INIT, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "t", 0),
	ROW(as_new, INIT, ANY, 0, -EIO, 0, -EIO, NOT_OPER, "td", 0),
	ROW(gone_closed, INIT, ANY, 0, 0, 0, 0, STANDBY, "td", 0),
	ROW(gone_open, INIT, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(shut_down, INIT, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_shut_down, INIT, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(stuck, INIT, ANY, 0, 0, 0, 0, STANDBY, "td", UNQUAR),
	ROW(stuck, INIT, ANY, 0, -EBUSY, 0, -EBUSY, NOT_OPER, "td", 0),
	ROW(as_new, ONLINE, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_open, OFFLINE, ANY, 0, 0, 0, 0, NOT_OPER, "", UNREG),
	ROW(as_new, OFFLINE, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(gone_open, SSCH, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_open, RSCH, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_open, HSCH, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_open, CSCH, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_open, XSCH, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(nodev_open, INIT, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(nodev_closed, INIT, ANY, 0, 0, 0, 0, STANDBY, "td", 0),
	ROW(nodev_closed, INIT, ANY, -EACCES, 0, 0, -EACCES, NOT_OPER, "t", 0),
	ROW(nodev_closed, INIT, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "td", UNREG),
	ROW(stuck, INIT, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "td", UNREG | UNQUAR),
	ROW(nodev_open, OFFLINE, ANY, 0, 0, 0, 0, STANDBY, "td", 0),
	ROW(nodev_open, OFFLINE, ANY, -EACCES, 0, 0, -EACCES, NOT_OPER, "t", 0),
	ROW(nodev_open, OFFLINE, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "td", UNREG),
	ROW(stuck_open, OFFLINE, ANY, 0, -EBUSY, 0, -EBUSY, NOT_OPER, "td", 0),
	ROW(stuck_open, OFFLINE, ANY, 0, 0, 0, 0, STANDBY, "td", UNQUAR),
	ROW(nodev_open, SSCH, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(nodev_open, RESET, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(stuck_open, IRQ, ANY, 0, 0, 0, 0, NOT_OPER, "d", UNQUAR),
	ROW(nodev_closed, SCHIB, ANY, 0, 0, 0, 0, STANDBY, "td", 0),
	ROW(nodev_open, SCHIB, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(stuck, SCHIB, ANY, 0, -EBUSY, 0, -EBUSY, NOT_OPER, "td", 0),
	ROW(gone_closed, NODEV, ANY, 0, 0, 0, 0, NOT_OPER, "d", 0),
	ROW(nodev_open, NODEV, ANY, -EACCES, -EACCES, 0, 0, NOT_OPER, "d", 0),
	ROW(nodev_closed, NODEV, ANY, -EACCES, -EACCES, 0, -EACCES, NOT_OPER, "dt", 0),
	ROW(nodev_closed, NODEV, ANY, 0, 0, 0, 0, STANDBY, "dtd", 0),
	ROW(stuck, NODEV, ANY, -EACCES, -EACCES, 0, -EACCES, NOT_OPER, "dt", UNQUAR),
	ROW(stuck, NODEV, ANY, 0, -EBUSY, 0, 0, NOT_OPER, "d", 0),
	ROW(stuck_open, NODEV, ANY, -EACCES, -EACCES, 0, 0, NOT_OPER, "d", UNQUAR),
	ROW(nodev_open, GONE, ANY, 0, -ENODEV, 0, 0, NOT_OPER, "d", 0),
	ROW(nodev_closed, GONE, ANY, 0, -ENODEV, 0, 0, NOT_OPER, "d", UNREG),
	ROW(stuck, GONE, ANY, 0, -EBUSY, 0, 0, NOT_OPER, "d", 0),
	ROW(gone_open, IRQ, ANY, -ENODEV, 0, 0, 0, NOT_OPER, "d", 0),
	ROW(gone_open, IRQ, ANY, 0, 0, 0, 0, NOT_OPER, "d", 0),
	ROW(stuck, IRQ, ANY, 0, 0, 0, 0, STANDBY, "dtd", UNQUAR),
	ROW(stuck, IRQ, ANY, 0, -EBUSY, 0, 0, NOT_OPER, "d", 0),
	ROW(gone_open, SCHIB, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(gone_closed, SCHIB, ANY, 0, 0, 0, 0, NOT_OPER, "", UNREG),
	ROW(stuck, SCHIB, ANY, 0, 0, 0, 0, STANDBY, "td", UNQUAR),
	ROW(gone_open, PATHGONE, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(gone_open, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", 0),
	ROW(stuck, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", UNREG | UNQUAR),
	ROW(gone_open, RESET, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "", 0),
	ROW(gone_open, DMA_UNMAP, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(gone_open, SHUTDOWN, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(gone_open, TIMEOUT, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),

	/* STANDBY: disabled */
	ROW(standby, INIT, ANY, 0, 0, 0, 0, STANDBY, "", 0),
	ROW(standby, ONLINE, ANY, 0, 0, 0, 0, IDLE, "e", 0),
	ROW(standby, ONLINE, ANY, 0, 0, -ENODEV, -ENODEV, NOT_OPER, "ed", UNREG),
	ROW(standby, ONLINE, ANY, 0, 0, -EACCES, -ENODEV, STANDBY, "edtd", 0),
	ROW(standby, ONLINE, ANY, 0, 0, -EBUSY, -EBUSY, STANDBY, "ed", 0),
	ROW(standby, ONLINE, ANY, 0, 0, -EIO, -EIO, STANDBY, "ed", 0),
	ROW(standby, OFFLINE, ANY, 0, 0, 0, 0, STANDBY, "d", 0),
	ROW(standby, OFFLINE, ANY, 0, -ENODEV, 0, -ENODEV, NOT_OPER, "dd", UNREG),
	ROW(standby, SSCH, ANY, 0, 0, 0, -EIO, STANDBY, "", 0),
	ROW(standby, RSCH, ANY, 0, 0, 0, -EIO, STANDBY, "", 0),
	ROW(standby, HSCH, ANY, 0, 0, 0, -EIO, STANDBY, "", 0),
	ROW(standby, CSCH, ANY, 0, 0, 0, -EIO, STANDBY, "", 0),
	ROW(standby, XSCH, ANY, 0, 0, 0, -EIO, STANDBY, "", 0),
	ROW(standby, IRQ, ANY, 0, 0, 0, 0, STANDBY, "d", 0),
	ROW(standby, IRQ, ANY, 0, -EBUSY, 0, -EBUSY, STANDBY, "d", 0),
	ROW(standby, IRQ, ANY, 0, -ENODEV, 0, -ENODEV, NOT_OPER, "dd", UNREG),
	ROW(standby, SCHIB, ANY, 0, 0, 0, 0, STANDBY, "t", 0),
	ROW(standby, SCHIB, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "td", UNREG),
	ROW(standby, SCHIB, ANY, -EACCES, 0, 0, -EACCES, NOT_OPER, "tdt", 0),
	ROW(standby, NODEV, ANY, -EACCES, -EACCES, 0, -EACCES, NOT_OPER, "dt", 0),
	ROW(standby, NODEV, ANY, 0, 0, 0, 0, STANDBY, "dtd", 0),
	ROW(standby, GONE, ANY, 0, -EIO, 0, -EIO, NOT_OPER, "dtd", 0),
	ROW(standby, OFFLINE, ANY, -EACCES, -EACCES, 0, -EACCES, NOT_OPER, "ddt", 0),
	ROW(standby, IRQ, ANY, -EACCES, -EACCES, 0, -EACCES, NOT_OPER, "ddt", 0),
	ROW(standby, PATHGONE, ANY, 0, 0, 0, 0, STANDBY, "", 0),
	ROW(standby, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", UNREG),
	ROW(standby, RESET, ANY, 0, 0, 0, -EIO, STANDBY, "", 0),
	ROW(standby_open, RESET, ANY, 0, 0, 0, 0, IDLE, "e", 0),
	ROW(standby_open, RESET, ANY, 0, 0, -ENODEV, -ENODEV, NOT_OPER, "ed", REQ),
	ROW(standby_open, RESET, ANY, 0, 0, -EIO, -EIO, STANDBY, "ed", 0),
	ROW(standby_open, OFFLINE, ANY, 0, 0, 0, 0, STANDBY, "d", 0),
	ROW(standby, DMA_UNMAP, ANY, 0, 0, 0, 0, STANDBY, "", 0),
	ROW(standby, SHUTDOWN, ANY, 0, 0, 0, 0, NOT_OPER, "", 0),
	ROW(standby, TIMEOUT, ANY, 0, 0, 0, 0, STANDBY, "", 0),

	/* IDLE: nothing in progress */
	ROW(idle, INIT, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle, ONLINE, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle, OFFLINE, ANY, 0, 0, 0, 0, STANDBY, "d", WAKE | OFF),
	ROW(idle, OFFLINE, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dxdh", TIMER),
	ROW(idle, OFFLINE, ANY, 0, -ENODEV, 0, -ENODEV, NOT_OPER, "dd", WAKE | OFF | UNREG),
	ROW(idle, SSCH, 0, 0, 0, 0, 0, BUSY, "s", 0),
	ROW(idle, SSCH, 1, 0, 0, 0, -EBUSY, IDLE, "s", 0),
	ROW(idle, SSCH, 2, 0, 0, 0, -EBUSY, IDLE, "s", 0),
	ROW(idle, SSCH, 3, 0, 0, 0, -ENODEV, IDLE, "st", 0),
	ROW(idle, SSCH, 3, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "std", REQ),
	ROW(idle_attn, SSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle_attn_raw, SSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle, RSCH, ANY, 0, 0, 0, -EINVAL, IDLE, "", 0),
	ROW(idle_attn, RSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle_attn_raw, RSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle, HSCH, 0, 0, 0, 0, 0, BUSY, "h", 0),
	ROW(idle, HSCH, 1, 0, 0, 0, -EBUSY, IDLE, "h", 0),
	ROW(idle, HSCH, 2, 0, 0, 0, -EBUSY, IDLE, "h", 0),
	ROW(idle, HSCH, 3, 0, 0, 0, -ENODEV, IDLE, "ht", 0),
	ROW(idle, HSCH, 3, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "htd", REQ),
	ROW(idle_attn, HSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle_attn_raw, HSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle, CSCH, 0, 0, 0, 0, 0, BUSY, "c", 0),
	ROW(idle_attn, CSCH, 0, 0, 0, 0, 0, BUSY, "c", 0),
	ROW(idle_attn_raw, CSCH, 0, 0, 0, 0, 0, BUSY, "c", 0),
	ROW(idle, CSCH, 1, 0, 0, 0, -EIO, IDLE, "c", 0),
	ROW(idle, CSCH, 2, 0, 0, 0, -EIO, IDLE, "c", 0),
	ROW(idle, CSCH, 3, 0, 0, 0, -ENODEV, IDLE, "ct", 0),
	ROW(idle, CSCH, 3, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "ctd", REQ),
	ROW(idle, XSCH, ANY, 0, 0, 0, -EINVAL, IDLE, "", 0),
	ROW(idle_attn, XSCH, ANY, 0, 0, 0, -EBUSY, IDLE, "", 0),
	ROW(idle, IRQ, ANY, 0, 0, 0, 0, IDLE, "", 0),
	ROW(idle_attn_raw, IRQ, ANY, 0, 0, 0, 0, IDLE, "", IO),
	ROW(idle, SCHIB, ANY, 0, 0, 0, 0, IDLE, "t", 0),
	ROW(idle, SCHIB, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "td", REQ),
	ROW(idle, SCHIB, ANY, -EACCES, 0, 0, -EACCES, NOT_OPER, "td", REQ),
	ROW(idle_was_reset, SCHIB, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "td", REQ),
	ROW(idle_was_reset, SSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "std", REQ),
	ROW(idle_was_reset, HSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "htd", REQ),
	ROW(idle_was_reset, CSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "ctd", REQ),
	ROW(idle_was_reset, RESET, 3, 0, 0, 0, 0, IDLE, "de", WAKE | OFF),
	ROW(idle, NODEV, ANY, -EACCES, -EACCES, 0, 0, NOT_OPER, "d", REQ),
	ROW(idle, NODEV, ANY, 0, -EBUSY, 0, 0, NOT_OPER, "d", REQ),
	ROW(idle, PATHGONE, ANY, 0, 0, 0, 0, IDLE, "", 0),
	ROW(idle, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", REQ),
	ROW(idle_attn_raw, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", REQ | IO),
	ROW(idle, RESET, ANY, 0, 0, 0, 0, IDLE, "de", WAKE | OFF),
	ROW(idle_attn, RESET, ANY, 0, 0, 0, 0, IDLE, "de", WAKE | OFF),
	ROW(idle, RESET, ANY, 0, 0, -ENODEV, -ENODEV, NOT_OPER, "ded", WAKE | OFF | REQ),
	ROW(idle, RESET, ANY, 0, 0, -EBUSY, -EIO, STANDBY, "ded", WAKE | OFF),
	ROW(idle, RESET, 0, 0, -EIO, 0, -EINPROGRESS, QUIESCING, "dxdh", TIMER),
	ROW(idle, DMA_UNMAP, ANY, 0, 0, 0, 0, IDLE, "", 0),
	ROW(idle, SHUTDOWN, ANY, 0, 0, 0, 0, NOT_OPER, "d", WAKE | OFF),
	ROW(idle, SHUTDOWN, ANY, 0, -ENODEV, 0, -ENODEV, NOT_OPER, "dd", WAKE | OFF | REQ),
	ROW(idle, TIMEOUT, ANY, 0, 0, 0, 0, IDLE, "", 0),

	/* BUSY: a function in progress */
	ROW(busy, INIT, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy, ONLINE, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy, OFFLINE, ANY, 0, 0, 0, 0, STANDBY, "d", WAKE | OFF, true),
	ROW(busy, OFFLINE, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dxdh", TIMER),
	ROW(busy, OFFLINE, 1, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dxh", TIMER),
	ROW(busy, OFFLINE, 2, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dxhhc", TIMER),
	ROW(busy, OFFLINE, 3, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dxththtct", TIMER),
	ROW(busy, OFFLINE, 3, -ENODEV, -EBUSY, 0, -ENODEV, NOT_OPER, "dxtd",
	    WAKE | OFF | UNREG, true),
	ROW(busy, SSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy, RSCH, 0, 0, 0, 0, 0, BUSY, "tRr", 0),
	ROW(busy, RSCH, 1, 0, 0, 0, -EBUSY, BUSY, "tRr", 0),
	ROW(busy, RSCH, 2, 0, 0, 0, -EINVAL, BUSY, "tRr", 0),
	ROW(busy, RSCH, 3, 0, 0, 0, -ENODEV, BUSY, "tRrt", 0),
	ROW(busy, RSCH, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "ttd", REQ | IO, true),
	ROW(busy_pci, RSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_pci_raw, RSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_susp, RSCH, 0, 0, 0, 0, 0, BUSY, "tRr", 0),
	ROW(busy_susp, RSCH, 1, 0, 0, 0, -EBUSY, BUSY, "tRr", 0),
	ROW(busy_susp_pending, RSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "t", 0),
	ROW(busy_resuming, RSCH, 2, 0, 0, 0, -EINVAL, BUSY, "tRr", 0),
	ROW(busy_halt, RSCH, ANY, 0, 0, 0, -EINVAL, BUSY, "", 0),
	ROW(busy_kill, RSCH, ANY, 0, 0, 0, -EINVAL, BUSY, "", 0),
	ROW(busy_halt_pci_raw, RSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_kill_end_raw, RSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_halt_pci_raw, XSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_kill_end_raw, XSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy, HSCH, 0, 0, 0, 0, 0, BUSY, "h", 0),
	ROW(busy, HSCH, 1, 0, 0, 0, -EBUSY, BUSY, "h", 0),
	ROW(busy, HSCH, 2, 0, 0, 0, -EBUSY, BUSY, "h", 0),
	ROW(busy, HSCH, 3, 0, 0, 0, -ENODEV, BUSY, "ht", 0),
	ROW(busy, HSCH, 3, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "htd", REQ | IO, true),
	ROW(busy_pci, HSCH, 0, 0, 0, 0, 0, BUSY, "h", 0),
	ROW(busy_end_raw, HSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_halt, HSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_clear, HSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_kill, HSCH, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy, CSCH, 0, 0, 0, 0, 0, BUSY, "c", 0),
	ROW(busy, CSCH, 1, 0, 0, 0, -EIO, BUSY, "c", 0),
	ROW(busy, CSCH, 2, 0, 0, 0, -EIO, BUSY, "c", 0),
	ROW(busy, CSCH, 3, 0, 0, 0, -ENODEV, BUSY, "ct", 0),
	ROW(busy, CSCH, 3, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "ctd", REQ | IO, true),
	ROW(busy_end_raw, CSCH, 0, 0, 0, 0, 0, BUSY, "c", 0),
	ROW(busy_kill, CSCH, 0, 0, 0, 0, 0, BUSY, "c", 0),
	ROW(busy, XSCH, 0, 0, 0, 0, 0, IDLE, "x", 0, true),
	ROW(busy, XSCH, 1, 0, 0, 0, -EBUSY, BUSY, "x", 0),
	ROW(busy, XSCH, 2, 0, 0, 0, -EINVAL, BUSY, "x", 0),
	ROW(busy, XSCH, 3, 0, 0, 0, -ENODEV, BUSY, "xt", 0),
	ROW(busy, XSCH, 3, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "xtd", REQ | IO, true),
	ROW(busy_pci, XSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_pci_raw, XSCH, ANY, 0, 0, 0, -EBUSY, BUSY, "", 0),
	ROW(busy_halt, XSCH, ANY, 0, 0, 0, -EINVAL, BUSY, "", 0),
	ROW(busy_kill, XSCH, ANY, 0, 0, 0, -EINVAL, BUSY, "", 0),
	ROW(busy_unmap, XSCH, ANY, 0, 0, 0, -EINVAL, BUSY, "", 0),
	ROW(busy, IRQ, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_end_raw, IRQ, ANY, 0, 0, 0, 0, IDLE, "", IO, true),
	ROW(busy_pci_raw, IRQ, ANY, 0, 0, 0, 0, BUSY, "", IO),
	ROW(busy, SCHIB, ANY, 0, 0, 0, 0, BUSY, "tt", 0),
	ROW(busy_no_path, SCHIB, 0, 0, 0, 0, 0, IDLE, "ttx", IO, true),
	ROW(busy_no_path, SCHIB, 2, 0, 0, 0, -EIO, BUSY, "ttxc", TIMER),
	ROW(busy_halt_only, SCHIB, ANY, 0, 0, 0, 0, BUSY, "t", 0),
	ROW(busy_kill, SCHIB, ANY, 0, 0, 0, 0, BUSY, "t", 0),
	ROW(busy_end_raw, SCHIB, ANY, 0, 0, 0, 0, IDLE, "t", IO, true),
	ROW(busy, SCHIB, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "td", REQ | IO, true),
	ROW(busy, PATHGONE, 0, 0, 0, 0, 0, IDLE, "tx", IO, true),
	ROW(busy, PATHGONE, 1, 0, 0, 0, -EIO, BUSY, "txtc", TIMER),
	ROW(busy, PATHGONE, 2, 0, 0, 0, -EIO, BUSY, "txc", TIMER),
	ROW(busy, PATHGONE, 3, 0, 0, 0, -ENODEV, BUSY, "txt", TIMER),
	ROW(busy, PATHGONE, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "ttd", REQ | IO, true),
	ROW(busy_no_path, PATHGONE, 0, 0, 0, 0, 0, IDLE, "tx", IO, true),
	ROW(busy_ended, PATHGONE, ANY, 0, 0, 0, 0, BUSY, "t", 0),
	ROW(busy_end_raw, PATHGONE, ANY, 0, 0, 0, 0, IDLE, "", IO, true),
	ROW(busy_halt_only, PATHGONE, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_clear, PATHGONE, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_kill, PATHGONE, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_halt, PATHGONE, 0, 0, 0, 0, 0, BUSY, "tc", TIMER),
	ROW(busy, SCHIB, ANY, -EACCES, 0, 0, -EACCES, NOT_OPER, "td", REQ | IO, true),
	ROW(busy_was_reset, SCHIB, ANY, 0, 0, 0, -ENODEV, NOT_OPER, "td", REQ | IO, true),
	ROW(busy_was_reset, HSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "htd", REQ | IO, true),
	ROW(busy_was_reset, CSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "ctd", REQ | IO, true),
	ROW(busy_was_reset, XSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "xtd", REQ | IO, true),
	ROW(busy_was_reset, RSCH, 3, 0, 0, 0, -ENODEV, NOT_OPER, "ttd", REQ | IO, true),
	ROW(busy_was_reset, PATHGONE, 3, 0, 0, 0, -ENODEV, NOT_OPER, "ttd", REQ | IO, true),
	ROW(busy_was_reset, DMA_UNMAP, 3, 0, 0, 0, -ENODEV, NOT_OPER, "ttd", REQ | IO, true),
	ROW(busy, NODEV, ANY, -EACCES, -EACCES, 0, 0, NOT_OPER, "d", REQ | IO, true),
	ROW(busy, NODEV, ANY, 0, -EBUSY, 0, 0, NOT_OPER, "d", REQ | IO | QUAR, true),
	ROW(busy, GONE, ANY, 0, -EBUSY, 0, 0, NOT_OPER, "d", REQ | IO | QUAR, true),
	ROW(busy, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", REQ | IO, true),
	ROW(busy_clear, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", REQ | IO, true),
	ROW(busy_halt_only, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", REQ | IO),
	ROW(busy_end_raw, GONE, ANY, 0, 0, 0, 0, NOT_OPER, "d", REQ | IO, true),
	ROW(busy, RESET, ANY, 0, 0, 0, 0, IDLE, "de", WAKE | OFF, true),
	ROW(busy, RESET, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dxdh", TIMER),
	ROW(busy_end_raw, RESET, ANY, 0, 0, 0, 0, IDLE, "de", WAKE | OFF, true),
	ROW(busy, DMA_UNMAP, 0, 0, 0, 0, 0, IDLE, "tx", IO, true),
	ROW(busy, DMA_UNMAP, 1, 0, 0, 0, -EIO, BUSY, "txtc", TIMER),
	ROW(busy, DMA_UNMAP, 2, 0, 0, 0, -EIO, BUSY, "txc", TIMER),
	ROW(busy, DMA_UNMAP, 3, 0, 0, 0, -ENODEV, BUSY, "txt", TIMER),
	ROW(busy, DMA_UNMAP, ANY, -ENODEV, 0, 0, -ENODEV, NOT_OPER, "ttd", REQ | IO, true),
	ROW(busy_ended, DMA_UNMAP, ANY, 0, 0, 0, 0, BUSY, "t", TIMER),
	ROW(busy_clear, DMA_UNMAP, ANY, 0, 0, 0, 0, BUSY, "", TIMER),
	ROW(busy_kill, DMA_UNMAP, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_unmap, DMA_UNMAP, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_end_raw, DMA_UNMAP, ANY, 0, 0, 0, 0, IDLE, "", IO, true),
	ROW(busy, SHUTDOWN, ANY, 0, 0, 0, 0, NOT_OPER, "td", WAKE | OFF | IO, true),
	ROW(busy, SHUTDOWN, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "tdxdh", TIMER),
	ROW(busy, TIMEOUT, ANY, 0, 0, 0, 0, BUSY, "", 0),
	ROW(busy_unmap, TIMEOUT, ANY, 0, 0, 0, 0, IDLE, "tde", WAKE | OFF | IO, true),
	ROW(busy_kill, TIMEOUT, ANY, 0, 0, 0, 0, IDLE, "tde", WAKE | OFF | IO, true),
	ROW(busy_kill, TIMEOUT, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "tdxdh", TIMER),
	ROW(busy_unmap, TIMEOUT, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "tdxdh", TIMER),

	/* QUIESCING: the driver ends all functions */
	ROW(quiescing_reset, INIT, ANY, 0, -EBUSY, 0, -EBUSY, QUIESCING, "", 0),
	ROW(quiescing_reset, ONLINE, ANY, 0, -EBUSY, 0, -EBUSY, QUIESCING, "", 0),
	ROW(quiescing_reset, OFFLINE, ANY, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "", 0),
	ROW(quiescing_reset, SSCH, ANY, 0, -EBUSY, 0, -EBUSY, QUIESCING, "", 0),
	ROW(quiescing_reset, RSCH, ANY, 0, -EBUSY, 0, -EBUSY, QUIESCING, "", 0),
	ROW(quiescing_reset, HSCH, ANY, 0, -EBUSY, 0, -EBUSY, QUIESCING, "", 0),
	ROW(quiescing_reset, CSCH, ANY, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "", 0),
	ROW(quiescing_reset, XSCH, ANY, 0, -EBUSY, 0, -EBUSY, QUIESCING, "", 0),
	ROW(quiescing_reset, IRQ, ANY, 0, -EBUSY, 0, 0, QUIESCING, "", 0),
	ROW(quiescing_end_raw, IRQ, ANY, 0, 0, 0, 0, STANDBY, "d", WAKE | OFF, true),
	ROW(quiescing_end_raw, IRQ, ANY, 0, -EBUSY, 0, 0, QUIESCING, "d", 0),
	ROW(quiescing_end_raw, IRQ, ANY, 0, -ENODEV, 0, 0, NOT_OPER, "dd",
	    WAKE | OFF | UNREG, true),
	ROW(quiescing_reset, SCHIB, ANY, 0, -EBUSY, 0, 0, QUIESCING, "t", 0),
	ROW(quiescing_reset, SCHIB, ANY, -ENODEV, -EBUSY, 0, -ENODEV, NOT_OPER, "td",
	    WAKE | OFF | REQ, true),
	ROW(quiescing_reset, SCHIB, ANY, -EACCES, -EBUSY, 0, -EACCES, NOT_OPER, "td",
	    WAKE | OFF | REQ, true),
	ROW(quiescing_close, SCHIB, ANY, -EACCES, -EBUSY, 0, -EACCES, NOT_OPER, "tdt",
	    WAKE | OFF, true),
	ROW(quiescing_close, NODEV, ANY, 0, 0, 0, 0, STANDBY, "dtd", WAKE | OFF, true),
	ROW(quiescing_reset, NODEV, ANY, -EACCES, -EACCES, 0, 0, NOT_OPER, "d",
	    WAKE | OFF | REQ, true),
	ROW(quiescing_close, GONE, ANY, 0, -EIO, 0, -EIO, NOT_OPER, "dtd",
	    WAKE | OFF | QUAR, true),
	ROW(quiescing_reset, PATHGONE, ANY, 0, -EBUSY, 0, 0, QUIESCING, "", 0),
	ROW(quiescing_reset, GONE, ANY, 0, -ENODEV, 0, 0, NOT_OPER, "d",
	    WAKE | OFF | REQ, true),
	ROW(quiescing_unmap, GONE, ANY, 0, -ENODEV, 0, 0, NOT_OPER, "d",
	    WAKE | OFF | REQ | IO, true),
	ROW(quiescing_unmap, RESET, ANY, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "", 0),
	ROW(quiescing_reset, DMA_UNMAP, ANY, 0, -EBUSY, 0, 0, QUIESCING, "", 0),
	ROW(quiescing_reset, SHUTDOWN, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dh",
	    TIMER),
	ROW(quiescing_reset, SHUTDOWN, ANY, 0, 0, 0, 0, NOT_OPER, "d", WAKE | OFF, true),
	ROW(quiescing_reset, TIMEOUT, ANY, 0, 0, 0, 0, IDLE, "de", WAKE | OFF, true),
	ROW(quiescing_reset, TIMEOUT, ANY, 0, 0, -EIO, -EIO, STANDBY, "ded",
	    WAKE | OFF, true),
	ROW(quiescing_reset, TIMEOUT, ANY, 0, 0, -EACCES, -ENODEV, NOT_OPER, "ded",
	    WAKE | OFF | REQ, true),
	ROW(quiescing_close, TIMEOUT, ANY, 0, 0, 0, 0, STANDBY, "d", WAKE | OFF, true),
	ROW(quiescing_close, TIMEOUT, 0, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dh", TIMER),
	ROW(quiescing_close, TIMEOUT, 1, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dh", TIMER),
	ROW(quiescing_close, TIMEOUT, 2, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dhc",
	    TIMER),
	ROW(quiescing_close, TIMEOUT, 3, 0, -EBUSY, 0, -EINPROGRESS, QUIESCING, "dhtct",
	    TIMER),
	ROW(quiescing_close, TIMEOUT, 3, -ENODEV, -EBUSY, 0, -ENODEV, NOT_OPER, "dhtd",
	    WAKE | OFF | UNREG, true),
	ROW(quiescing_shutdown, TIMEOUT, ANY, 0, 0, 0, 0, NOT_OPER, "td",
	    WAKE | OFF | IO, true),
	ROW(quiescing_unmap, TIMEOUT, ANY, 0, 0, 0, 0, IDLE, "tde", WAKE | OFF | IO, true),
	ROW(quiescing_last, TIMEOUT, ANY, 0, -EBUSY, 0, -EIO, NOT_OPER, "d",
	    WAKE | OFF | QUAR, true),
};

static void prepare(struct fake *f, const struct row *row, int cc,
		    struct vfio_ccw_arg *arg)
{
	row->from(f);
	f->cc = cc;
	f->stsch = row->stsch;
	f->disable = row->disable;
	f->enable = row->enable;
	f->fsm.reason = f->fsm.state == NOT_OPER ? f->fsm.reason : 0;
	*arg = (struct vfio_ccw_arg) {
		.orb = &all_paths, .cp = CP, .gen = f->fsm.gen,
		.resume = true, .mask = 0x80, .touches = true,
	};
}

/* What was translated before must not be started after it */
static bool outdates(enum vfio_ccw_state state, enum vfio_ccw_event event)
{
	switch (event) {
	case VFIO_CCW_EVENT_DMA_UNMAP:
		return true;
	case VFIO_CCW_EVENT_OFFLINE:
	case VFIO_CCW_EVENT_RESET:
		return state == IDLE || state == BUSY || state == QUIESCING;
	case VFIO_CCW_EVENT_SHUTDOWN:
		return state == IDLE || state == BUSY;
	default:
		return false;
	}
}

static void run_row(struct kunit *test, const struct row *row, int cc)
{
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg;
	u32 gen;
	int ret;

	prepare(f, row, cc, &arg);
	gen = f->fsm.gen + outdates(f->fsm.state, row->event);
	ret = step(f, row->event, &arg);

	KUNIT_EXPECT_EQ_MSG(test, ret, row->ret, "cc %d", cc);
	KUNIT_EXPECT_EQ_MSG(test, f->fsm.state, row->to, "cc %d", cc);
	KUNIT_EXPECT_EQ_MSG(test, strcmp(f->log, row->log), 0,
			    "cc %d: %s, not %s", cc, f->log, row->log);
	KUNIT_EXPECT_EQ_MSG(test, f->fx.mask, row->fx, "cc %d", cc);
	KUNIT_EXPECT_EQ_MSG(test, !!f->fx.retired, row->retires, "cc %d", cc);
	/* A program is never forgotten: it runs, comes back or was not taken */
	if (f->fx.retired)
		KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
	if (row->event == VFIO_CCW_EVENT_SSCH)
		KUNIT_EXPECT_PTR_EQ(test, arg.cp, ret ? CP : NULL);
	KUNIT_EXPECT_GE(test, (s32)(f->fsm.gen - gen), 0);
}

/* All that tells a row from the others */
static void row_desc(const struct row *row, char *desc)
{
	char cc[] = "any";

	if (row->cc != ANY)
		snprintf(cc, sizeof(cc), "%d", row->cc);
	snprintf(desc, KUNIT_PARAM_DESC_SIZE,
		 "%s, cc %s, stsch %d, disable %d, enable %d", row->name, cc,
		 row->stsch, row->disable, row->enable);
}

KUNIT_ARRAY_PARAM(row, rows, row_desc);

/* Each row, with every condition code where none is named */
static void every_cell(struct kunit *test)
{
	const struct row *row = test->param_value;
	int cc;

	if (row->cc != ANY) {
		run_row(test, row, row->cc);
		return;
	}
	for (cc = 0; cc < 4; cc++)
		run_row(test, row, cc);
}

/* The table of this test has a row for every cell of the state machine's */
static void every_cell_has_a_row(struct kunit *test)
{
	u32 seen[VFIO_CCW_NR_STATES] = {};
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		rows[i].from(f);
		seen[f->fsm.state] |= BIT(rows[i].event);
	}
	for (i = 0; i < VFIO_CCW_NR_STATES; i++)
		KUNIT_EXPECT_EQ_MSG(test, seen[i],
				    (u32)BIT(VFIO_CCW_NR_EVENTS) - 1, "%s",
				    vfio_ccw_state_name(i));
}

/* What is printed is what is there: a name, and no outcome outside the table */
static void every_cell_is_filled(struct kunit *test)
{
	struct vfio_ccw_cell cell;
	unsigned int state, event;

	for (state = 0; state < VFIO_CCW_NR_STATES; state++)
		for (event = 0; event < VFIO_CCW_NR_EVENTS; event++) {
			vfio_ccw_fsm_cell(state, event, &cell);
			KUNIT_EXPECT_NOT_NULL(test, cell.action);
			KUNIT_EXPECT_NE(test, cell.to, 0U);
			KUNIT_EXPECT_EQ(test,
					cell.to >> VFIO_CCW_NR_STATES, 0U);
			KUNIT_EXPECT_EQ(test, cell.then &
					~(u32)(BIT(VFIO_CCW_EVENT_GONE) |
					       BIT(VFIO_CCW_EVENT_NODEV) |
					       BIT(VFIO_CCW_EVENT_INIT) |
					       BIT(VFIO_CCW_EVENT_TIMEOUT)),
					0U);
		}
	KUNIT_EXPECT_STREQ(test, vfio_ccw_state_name(99), "?");
	KUNIT_EXPECT_STREQ(test, vfio_ccw_event_name(99), "?");
	KUNIT_EXPECT_STREQ(test, vfio_ccw_reason_name(99), "?");
	KUNIT_EXPECT_STREQ(test,
			   vfio_ccw_state_name(VFIO_CCW_STATE_QUIESCING),
			   "QUIESCING");
	KUNIT_EXPECT_STREQ(test,
			   vfio_ccw_event_name(VFIO_CCW_EVENT_DMA_UNMAP),
			   "DMA_UNMAP");
	KUNIT_EXPECT_STREQ(test,
			   vfio_ccw_reason_name(VFIO_CCW_REASON_STUCK),
			   "STUCK");
}

/* What the rules exclude is said, and harmless */
static void impossible_is_said(struct kunit *test)
{
	struct fake *f = test->priv;

	idle(f);
	step(f, VFIO_CCW_EVENT_ONLINE, NULL);
	KUNIT_EXPECT_EQ(test, f->impossible, 1U);
	KUNIT_EXPECT_EQ(test, f->said, VFIO_CCW_EVENT_ONLINE);
	f->cc = 2;
	KUNIT_EXPECT_EQ(test, ssch(f), -EBUSY);
	KUNIT_EXPECT_EQ(test, f->impossible, 2U);
	KUNIT_EXPECT_EQ(test, f->said, VFIO_CCW_EVENT_SSCH);
	f->cc = 0;
	irq_and_work(f, W_END);
	KUNIT_EXPECT_EQ(test, f->impossible, 3U);
	KUNIT_EXPECT_EQ(test, f->said, VFIO_CCW_EVENT_IRQ);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);

	busy(f);
	irq_and_work(f, W_ATTN);
	KUNIT_EXPECT_EQ(test, f->impossible, 1U);
	KUNIT_EXPECT_EQ(test, f->said, VFIO_CCW_EVENT_IRQ);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	KUNIT_EXPECT_PTR_EQ(test, f->fsm.cp, CP);
}

/* Paths: what the host lets the subchannel use limits what the guest names */
static void paths(struct kunit *test)
{
	static const struct {
		u8 host, guest, used;
		int cc, ret;
	} cases[] = {
		{ 0xff, 0xff, 0xff, 0, 0 },
		{ 0xc0, 0xff, 0xc0, 0, 0 },
		{ 0xc0, 0x80, 0x80, 0, 0 },
		{ 0x00, 0xff, 0x00, 0, -ENODEV },
		{ 0x40, 0x80, 0x00, 0, -EACCES },
		/* Whoever names no path takes any */
		{ 0xff, 0x00, 0xff, 0, 0 },
		{ 0x41, 0x00, 0x41, 0, 0 },
		{ 0x00, 0x00, 0x00, 0, -ENODEV },
		{ 0xc0, 0x00, 0xc0, 3, -ENODEV },
		{ 0xc0, 0x80, 0x80, 3, -EACCES },
		{ 0xc0, 0xc0, 0xc0, 3, -ENODEV },
	};
	struct fake *f = test->priv;
	struct vfio_ccw_orb orb;
	struct vfio_ccw_arg arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		idle(f);
		f->orb = (struct vfio_ccw_orb) {};
		f->paths = cases[i].host;
		f->cc = cases[i].cc;
		orb.intparm = cpu_to_be32(0x12345678);
		orb.ctl = cpu_to_be32(0x00800000 | cases[i].guest << 8);
		orb.cpa = cpu_to_be32(0x7f000000);
		arg = (struct vfio_ccw_arg) {
			.orb = &orb, .cp = CP, .gen = f->fsm.gen,
		};
		KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_SSCH, &arg),
				cases[i].ret);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(f->orb.ctl) >> 8 & 0xff,
				cases[i].used);
		if (cases[i].used) {
			KUNIT_EXPECT_EQ(test, be32_to_cpu(f->orb.cpa),
					0x7f000000U);
			KUNIT_EXPECT_EQ(test, be32_to_cpu(f->orb.intparm),
					0x12345678U);
		}
	}
}

/* A translation outlives neither its life nor its memory */
static void stale_translation(struct kunit *test)
{
	static const enum vfio_ccw_event ends[] = {
		VFIO_CCW_EVENT_RESET, VFIO_CCW_EVENT_DMA_UNMAP,
	};
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg, unmap = {};
	unsigned int i;
	u32 gen;
	int ret;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		idle(f);
		f->held = true;
		ret = vfio_ccw_fsm_check(&f->fsm, VFIO_CCW_EVENT_SSCH, &gen,
					 &f->fx);
		f->held = false;
		KUNIT_EXPECT_EQ(test, ret, 0);
		step(f, ends[i], &unmap);
		arg = (struct vfio_ccw_arg) {
			.orb = &all_paths, .cp = CP, .gen = gen,
		};
		KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_SSCH, &arg),
				-EAGAIN);
		KUNIT_EXPECT_STREQ(test, f->log, "");
		KUNIT_EXPECT_PTR_EQ(test, arg.cp, CP);
	}
}

static int check(struct fake *f, enum vfio_ccw_event event)
{
	u32 gen;
	int ret;

	f->fx = (struct vfio_ccw_effects) {};
	f->len = 0;
	f->log[0] = '\0';
	f->held = true;
	ret = vfio_ccw_fsm_check(&f->fsm, event, &gen, &f->fx);
	f->held = false;
	KUNIT_EXPECT_STREQ(f->test, f->log, "");
	return ret;
}

/* The look before a translation never touches the hardware */
static void checks(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		enum vfio_ccw_event event;
		int ret;
	} cases[] = {
		{ gone_open, EV(SSCH), -ENODEV },
		{ nodev_open, EV(SSCH), -ENODEV },
		{ standby, EV(SSCH), -EIO },
		{ idle, EV(SSCH), 0 },
		{ idle_attn, EV(SSCH), -EBUSY },
		{ idle_attn_raw, EV(SSCH), -EBUSY },
		{ busy, EV(SSCH), -EBUSY },
		{ busy, EV(RSCH), 0 },
		{ busy_pci, EV(RSCH), -EBUSY },
		{ busy, EV(HSCH), 0 },
		{ quiescing_reset, EV(SSCH), -EBUSY },
		{ quiescing_reset, EV(CSCH), -EINPROGRESS },
	};
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		KUNIT_EXPECT_EQ_MSG(test, check(f, cases[i].event),
				    cases[i].ret, "case %u", i);
	}
}

/* The look without a lock never says more than the one before a start */
static void ready(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		bool ready;
	} cases[] = {
		{ as_new, false }, { gone_open, false }, { standby, false },
		{ idle, true }, { idle_attn, false }, { idle_attn_raw, false },
		{ busy, false }, { quiescing_reset, false }, { stuck, false },
	};
	struct fake *f = test->priv;
	unsigned int i;
	u32 gen = 0;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		f->len = 0;
		f->log[0] = '\0';
		KUNIT_EXPECT_EQ_MSG(test, vfio_ccw_fsm_ready(&f->fsm, &gen),
				    cases[i].ready, "case %u", i);
		KUNIT_EXPECT_STREQ(test, f->log, "");
		if (cases[i].ready)
			KUNIT_EXPECT_EQ(test, gen, f->fsm.gen);
	}
}

/* What RESET, OFFLINE and SHUTDOWN came to */
static void results(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		int ret;
	} cases[] = {
		{ as_new, -ENODEV }, { gone_open, -ENODEV }, { stuck, -EIO },
		{ nodev_open, -ENODEV }, { nodev_closed, -ENODEV },
		{ shut_down, -ENODEV }, { standby, 0 }, { standby_open, -EIO },
		{ idle, 0 }, { busy, 0 }, { quiescing_reset, -EINPROGRESS },
	};
	struct fake *f = test->priv;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		f->held = true;
		ret = vfio_ccw_fsm_result(&f->fsm);
		f->held = false;
		KUNIT_EXPECT_EQ_MSG(test, ret, cases[i].ret, "case %u", i);
	}
}

static bool suspended(struct fake *f, u32 *cpa)
{
	bool yes, susp;

	f->held = true;
	yes = vfio_ccw_fsm_resumable(&f->fsm, &susp, cpa) && susp;
	f->held = false;
	return yes;
}

/* Where it is suspended is what the status of that said, and nothing else */
static void suspended_where(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg = { .resume = true, .cp = CP };
	struct vfio_ccw_irb irb = irb_of(W_SUSP);
	u32 cpa = 1;

	/* What is stored without status may be of another program */
	busy(f);
	f->schib.scsw.ctl = cpu_to_be32(START | VFIO_CCW_AC_SUSP);
	f->schib.scsw.cpa = cpu_to_be32(0x66666660);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0U);

	/* So is that of other intermediate status */
	irb = irb_of(W_PCI);
	irb.scsw.cpa = cpu_to_be32(0x55555550);
	irq_irb(f, &irb);
	drain(f);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0U);
	read_irb(f);

	irb = irb_of(W_SUSP);
	irb.scsw.cpa = cpu_to_be32(0x7f000010);
	irq_irb(f, &irb);
	drain(f);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0x7f000010U);
	read_irb(f);

	/* The attention of a suspended device says nothing about it */
	irb = irb_of(W_SUSP_ATTN);
	irb.scsw.cpa = cpu_to_be32(0x44444440);
	irq_irb(f, &irb);
	drain(f);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0x7f000010U);
	read_irb(f);
	irb = irb_of(W_SUSP);
	irb.scsw.cpa = cpu_to_be32(0x7f000010);

	/* A resume that is refused changes nothing, one that is not does */
	arg.gen = f->fsm.gen;
	f->cc = 2;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EINVAL);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0x7f000010U);
	f->cc = 0;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), 0);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0U);

	/* Nor is it that of the start before */
	irq_irb(f, &irb);
	drain(f);
	read_irb(f);
	irq_and_work(f, W_END);
	read_irb(f);
	ssch(f);
	KUNIT_EXPECT_TRUE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, cpa, 0U);
}

/* RSCH: a tail is put in place only for this program and this life */
static void resume(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg = { .resume = true, .suspended = true };
	u32 cpa = 0;

	busy_susp(f);

	arg.gen = f->fsm.gen;
	arg.cp = OTHER;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EAGAIN);
	KUNIT_EXPECT_STREQ(test, f->log, "");
	arg.cp = CP;
	arg.gen--;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EAGAIN);
	arg.gen++;
	arg.resume = false;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EAGAIN);
	KUNIT_EXPECT_STREQ(test, f->log, "");
	arg.resume = true;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), 0);
	KUNIT_EXPECT_STREQ(test, f->log, "tRr");
	KUNIT_EXPECT_PTR_EQ(test, arg.cp, CP);
	KUNIT_EXPECT_TRUE(test, arg.refetch);

	/* Status is pending, though no interrupt came: nothing is rewritten */
	arg.refetch = false;
	f->schib.scsw.ctl = cpu_to_be32(W_SUSP);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EBUSY);
	KUNIT_EXPECT_STREQ(test, f->log, "t");

	/* The channel may be about to fetch what would be rewritten */
	f->schib.scsw.ctl = cpu_to_be32(START | VFIO_CCW_AC_SUSP);
	f->schib.scsw.ctl |= cpu_to_be32(VFIO_CCW_AC_RESUME);
	KUNIT_EXPECT_FALSE(test, suspended(f, &cpa));
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EAGAIN);
	KUNIT_EXPECT_STREQ(test, f->log, "t");

	/* It runs again: the same preparation must not be put in place */
	f->schib.scsw.ctl = cpu_to_be32(START | VFIO_CCW_AC_SCH_ACT);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EAGAIN);
	KUNIT_EXPECT_STREQ(test, f->log, "t");
	KUNIT_EXPECT_FALSE(test, arg.refetch);

	/* Through the I/O region condition code 2 is busy */
	arg.suspended = false;
	arg.io_region = true;
	f->cc = 2;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EBUSY);
	idle(f);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_RSCH, &arg), -EBUSY);
	KUNIT_EXPECT_FALSE(test, suspended(f, &cpa));
}

/*
 * RSCH while the program runs: the tail is in place before the instruction, so
 * that it matters to nobody whether the channel is suspended just then. With
 * condition code 0, or with a resume pending (2), it finds what is there now;
 * with status pending (1) it may stand where it stood
 */
static void resume_while_running(struct kunit *test)
{
	static const struct {
		u32 ac;
		bool suspended;
		int cc, ret;
		bool refetch;
	} cases[] = {
		{ VFIO_CCW_AC_SCH_ACT, false, 0, 0, true },
		{ VFIO_CCW_AC_SCH_ACT, false, 1, -EBUSY, false },
		{ VFIO_CCW_AC_SCH_ACT, false, 2, -EINVAL, true },
		{ VFIO_CCW_AC_SCH_ACT, false, 3, -ENODEV, false },
		{ VFIO_CCW_AC_SCH_ACT | VFIO_CCW_AC_RESUME, false, 2, -EINVAL,
		  true },
		/* Suspended since the preparation began */
		{ VFIO_CCW_AC_SUSP, false, 0, 0, true },
		{ VFIO_CCW_AC_SUSP, false, 1, -EBUSY, false },
		/* Suspended then already */
		{ VFIO_CCW_AC_SUSP, true, 0, 0, true },
		{ VFIO_CCW_AC_SUSP, true, 1, -EBUSY, false },
		{ VFIO_CCW_AC_SUSP, true, 2, -EINVAL, false },
	};
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg;
	unsigned int i;
	u32 cpa = 1;
	bool yes;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		busy(f);
		f->schib.scsw.ctl = cpu_to_be32(START | cases[i].ac);
		f->held = true;
		KUNIT_EXPECT_TRUE(test, vfio_ccw_fsm_resumable(&f->fsm, &yes,
							       &cpa));
		f->held = false;
		KUNIT_EXPECT_EQ(test, yes, cases[i].ac == VFIO_CCW_AC_SUSP);
		arg = (struct vfio_ccw_arg) {
			.gen = f->fsm.gen, .cp = CP, .resume = true,
			.suspended = cases[i].suspended,
		};
		f->cc = cases[i].cc;
		KUNIT_EXPECT_EQ_MSG(test, step(f, VFIO_CCW_EVENT_RSCH, &arg),
				    cases[i].ret, "case %u", i);
		KUNIT_EXPECT_EQ(test, strncmp(f->log, "tRr", 3), 0);
		KUNIT_EXPECT_EQ_MSG(test, arg.refetch, cases[i].refetch,
				    "case %u", i);
		f->cc = 0;
	}

	/* Nothing to resume */
	busy_halt(f);
	f->held = true;
	KUNIT_EXPECT_FALSE(test, vfio_ccw_fsm_resumable(&f->fsm, &yes, &cpa));
	f->held = false;
}

/* Exactly the start that cannot do without the path lost is ended */
static void lost_paths(struct kunit *test)
{
	static const struct {
		u8 guest, left, lost, lpum;
		u32 ac;
		bool ends;
		u32 logout;
	} cases[] = {
		/* It has used one of two */
		{ 0xff, 0x40, 0x80, 0x80, VFIO_CCW_AC_SCH_ACT, true, 0x00804000 },
		{ 0xff, 0x40, 0x80, 0x80, VFIO_CCW_AC_SUSP, true, 0x00804000 },
		{ 0xff, 0x80, 0x40, 0x80, VFIO_CCW_AC_SCH_ACT, false, 0 },
		{ 0xff, 0x80, 0x40, 0x80, VFIO_CCW_AC_SUSP, false, 0 },
		/* Pending: the path stored is that of an earlier start */
		{ 0xff, 0x40, 0x80, 0x80, VFIO_CCW_AC_START, false, 0 },
		{ 0x80, 0x40, 0x80, 0x40, VFIO_CCW_AC_START, true, 0 },
		{ 0xff, 0x00, 0xc0, 0x80, VFIO_CCW_AC_START, true, 0 },
		/* No path is stored */
		{ 0xff, 0x40, 0x80, 0x00, VFIO_CCW_AC_SCH_ACT, false, 0 },
		{ 0xff, 0x40, 0x80, 0x00, VFIO_CCW_AC_SUSP, false, 0 },
		{ 0x80, 0x40, 0x80, 0x00, VFIO_CCW_AC_SUSP, true, 0 },
		{ 0x00, 0x40, 0x80, 0x00, VFIO_CCW_AC_SUSP, false, 0 },
		{ 0xff, 0x00, 0x80, 0x00, VFIO_CCW_AC_SCH_ACT, true, 0 },
		{ 0xff, 0x00, 0x80, 0x00, VFIO_CCW_AC_SUSP, true, 0 },
		/* None is left, whatever it used and whoever says so */
		{ 0xff, 0x00, 0x80, 0x40, VFIO_CCW_AC_SCH_ACT, true, 0x00404000 },
		{ 0xff, 0x00, 0x00, 0x00, VFIO_CCW_AC_SUSP, true, 0 },
	};
	struct fake *f = test->priv;
	struct vfio_ccw_orb orb = {};
	struct vfio_ccw_arg arg;
	struct vfio_ccw_irb irb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		idle(f);
		f->paths = cases[i].left | cases[i].lost | 0xc0;
		orb.ctl = cpu_to_be32(0x00800000 | cases[i].guest << 8);
		arg = (struct vfio_ccw_arg) {
			.orb = &orb, .cp = CP, .gen = f->fsm.gen,
			.mask = cases[i].lost,
		};
		KUNIT_EXPECT_EQ(test, step(f, EV(SSCH), &arg), 0);
		f->paths = cases[i].left;
		f->schib.lpum = cases[i].lpum;
		f->schib.scsw.ctl = cpu_to_be32(START | cases[i].ac);
		KUNIT_EXPECT_EQ(test, step(f, EV(PATHGONE), &arg), 0);
		KUNIT_EXPECT_EQ_MSG(test, !!f->fx.retired, cases[i].ends,
				    "case %u", i);
		if (!cases[i].ends)
			continue;
		f->held = true;
		KUNIT_EXPECT_NE(test, vfio_ccw_fsm_peek(&f->fsm, &irb), 0U);
		f->held = false;
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), W_CHECK_S);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status), 0x00020000U);
		KUNIT_EXPECT_EQ_MSG(test, be32_to_cpu(irb.esw.logout),
				    cases[i].logout, "case %u", i);
	}
}

/* A loss noted before a start was accepted is not its loss */
static void earlier_loss(struct kunit *test)
{
	struct fake *f = test->priv;

	idle(f);
	f->locked = true;
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_PATHGONE, 0x80);
	f->locked = false;
	ssch(f);
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
}

/* Memory that the program does not use does not matter to it */
static void another_memory(struct kunit *test)
{
	struct vfio_ccw_arg arg = { .touches = false };
	struct fake *f = test->priv;

	busy(f);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_DMA_UNMAP, &arg), 0);
	KUNIT_EXPECT_STREQ(test, f->log, "");
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
}

/* The clear for a lost path that never ends: 3 s, then quiesced and answered */
static void deadline_of_lost_path(struct kunit *test)
{
	struct fake *f = test->priv;

	busy_kill(f);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)TIMER);
	KUNIT_EXPECT_EQ(test, f->fx.timer_ms, 3000U);
	f->disable = -EBUSY;
	f->xsch_cc = 2;
	step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.state, QUIESCING);
	f->disable = 0;
	step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);

	/* A channel that takes neither cancel nor clear */
	busy_no_path(f);
	f->cc = 3;
	step(f, VFIO_CCW_EVENT_SCHIB, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	f->cc = 0;
	step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);

	/* A deadline of the driver's does not outlive what it was for */
	busy_kill(f);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, f->fx.mask, IO | OFF);
	read_irb(f);
	ssch(f);
	step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
}

/* Whose end each made-up answer is, as hardware would write it */
static void made_up_status(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		enum vfio_ccw_event event;
		u32 ctl, status, logout;
	} cases[] = {
		{ busy, EV(GONE), W_GONE_S, 0, 0 },
		{ busy_halt, EV(GONE), W_GONE_SH, 0, 0 },
		{ busy_halt_only, EV(GONE), W_HALTED, 0, 0 },
		{ busy_clear, EV(GONE), W_CLEARED, 0, 0 },
		{ busy_kill, EV(GONE), W_GONE_S, 0, 0 },
		{ busy, EV(PATHGONE), W_CHECK_S, 0x00020000, 0x00804000 },
		{ busy, EV(DMA_UNMAP), W_CHECK_S, 0x00040000, 0 },
		{ busy_unmap, EV(TIMEOUT), W_CHECK_S, 0x00040000, 0 },
		/* It ran into the deadline, and still is what it was */
		{ busy_kill, EV(TIMEOUT), W_CHECK_S, 0x00020000, 0x00804000 },
		{ busy_kill, EV(SHUTDOWN), W_CHECK_S, 0x00020000, 0x00804000 },
		{ busy, EV(SHUTDOWN), W_GONE_S, 0, 0 },
		{ busy_end_raw, EV(GONE), W_END, 0, 0 },
	};
	struct vfio_ccw_arg arg = { .mask = 0x80, .touches = true };
	struct fake *f = test->priv;
	struct vfio_ccw_irb irb;
	unsigned int i;
	u32 seq;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		step(f, cases[i].event, &arg);
		f->held = true;
		seq = vfio_ccw_fsm_peek(&f->fsm, &irb);
		f->held = false;
		KUNIT_EXPECT_NE_MSG(test, seq, 0U, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, be32_to_cpu(irb.scsw.ctl),
				    cases[i].ctl, "case %u", i);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status),
				cases[i].status);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.logout),
				cases[i].logout);
		ack(f, seq);
		KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 0U);
	}
}

/* The clear that ends a start for the driver is not the guest's */
static void killed_by_clear(struct kunit *test)
{
	struct fake *f = test->priv;

	busy_kill(f);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, f->fx.mask, IO | OFF);
	KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);

	/* A halt accepted meanwhile ends with it */
	busy_kill(f);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_HSCH, NULL), 0);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_SH);

	/* A clear of the guest takes over */
	busy_kill(f);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_CSCH, NULL), 0);
	KUNIT_EXPECT_PTR_EQ(test, f->fsm.cp, CP);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
}

/* An unmap that the channel does not let finish: bounded, then given up */
static void unmap_escalates(struct kunit *test)
{
	struct fake *f = test->priv;
	unsigned int i;

	busy_unmap(f);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)TIMER);
	KUNIT_EXPECT_EQ(test, f->fx.timer_ms, 3000U);
	f->runs = true;
	f->disable = -EBUSY;
	f->xsch_cc = 2;
	for (i = 0; f->fsm.state != NOT_OPER; i++) {
		KUNIT_ASSERT_LT(test, i, 9U);
		step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	}
	KUNIT_EXPECT_EQ(test, i, 8U);
	KUNIT_EXPECT_EQ(test, f->fx.mask, WAKE | OFF | QUAR | REQ | IO);
	KUNIT_EXPECT_EQ(test, f->fsm.reason, VFIO_CCW_REASON_STUCK);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);
}

/* Two halts, five clears, a cancel before; three seconds each, or 0.4 */
static void ladder(struct kunit *test)
{
	static const char *const rungs[] = {
		"dxh", "dh", "dc", "dc", "dc", "dc", "dc", "d",
	};
	struct fake *f = test->priv;
	unsigned int i;

	busy(f);
	f->runs = true;
	f->disable = -EBUSY;
	f->xsch_cc = 2;
	step(f, VFIO_CCW_EVENT_OFFLINE, NULL);
	for (i = 0; i < ARRAY_SIZE(rungs); i++) {
		KUNIT_EXPECT_STREQ(test, f->log, rungs[i]);
		if (f->fsm.state == QUIESCING)
			KUNIT_EXPECT_EQ(test, f->fx.timer_ms, 3000U);
		if (i + 1 < ARRAY_SIZE(rungs))
			step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	}
	KUNIT_EXPECT_EQ(test, f->fsm.state, NOT_OPER);
	KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
	KUNIT_EXPECT_TRUE(test, f->fx.mask & QUAR);

	busy(f);
	f->disable = -EBUSY;
	f->xsch_cc = 2;
	step(f, VFIO_CCW_EVENT_SHUTDOWN, NULL);
	KUNIT_EXPECT_EQ(test, f->fx.timer_ms, 400U);

	/* A shutdown hurries what another event began */
	quiescing_reset(f);
	step(f, VFIO_CCW_EVENT_SHUTDOWN, NULL);
	KUNIT_EXPECT_EQ(test, f->fx.timer_ms, 400U);
}

/* A stray interrupt is never forwarded, and wakes the worker to silence it */
static void stray(struct kunit *test)
{
	struct fake *f = test->priv;

	standby(f);
	irq_and_work(f, W_ATTN);
	KUNIT_EXPECT_STREQ(test, f->log, "d");
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, f->fsm.stray, 1UL);

	stuck(f);
	f->disable = 0;
	f->runs = false;
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_STREQ(test, f->log, "dtd");
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)UNQUAR);

	/* Not status pending: nothing to tell */
	idle(f);
	KUNIT_EXPECT_FALSE(test, irq(f, 0x00004000));
	KUNIT_EXPECT_EQ(test, f->fsm.rawq.len, 0U);
}

/* Alert with intermediate status: STORE SUBCHANNEL says whether it goes on */
static void undecided(struct kunit *test)
{
	struct fake *f = test->priv;

	busy(f);
	f->schib.scsw.ctl = cpu_to_be32(0x000040c0);
	irq_and_work(f, W_ODD);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	KUNIT_EXPECT_PTR_EQ(test, f->fsm.cp, CP);

	busy(f);
	f->schib.scsw.ctl = 0;
	irq_and_work(f, W_ODD_ENDED);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);

	busy(f);
	f->stsch = -ENODEV;
	irq_and_work(f, W_ODD);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
}

/* PCI, suspend, channel end, device end: BUSY, BUSY, IDLE, IDLE */
static void interrupts_of_a_start(struct kunit *test)
{
	struct fake *f = test->priv;

	busy(f);
	irq_and_work(f, W_PCI);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_PCI);
	irq_and_work(f, W_SUSP);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	KUNIT_EXPECT_PTR_EQ(test, f->fsm.cp, CP);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_SUSP);
	irq_and_work(f, W_PRIM);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_PRIM);
	irq_and_work(f, W_SEC);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, f->impossible, 0U);
}

/* Halted while suspended: intermediate status ends both */
static void halted_suspended(struct kunit *test)
{
	struct fake *f = test->priv;

	busy_susp(f);
	step(f, VFIO_CCW_EVENT_HSCH, NULL);
	irq_and_work(f, W_HALT_SUSP);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
}

/* Unread primary and secondary status is one, read primary stays alone */
static void merged_until_read(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 ctl, seq;

	busy(f);
	irq_and_work(f, W_PRIM);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
	irq_and_work(f, W_SEC);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0x00004007U);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 0U);

	/* Between the copy and the acknowledge */
	busy(f);
	irq_and_work(f, W_PRIM);
	seq = peek(f, &ctl);
	KUNIT_EXPECT_EQ(test, ctl, W_PRIM);
	irq_and_work(f, W_SEC);
	ack(f, seq);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 1U);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)VFIO_CCW_FX_HOLD);
}

static void unhold(struct fake *f)
{
	f->fx = (struct vfio_ccw_effects) {};
	f->held = true;
	vfio_ccw_fsm_unhold(&f->fsm, &f->fx);
	f->held = false;
}

/* After an end was read, what may wait waits: a delay or the next request */
static void presenting_rule(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 ctl;

	busy(f);
	irq_and_work(f, W_PRIM);
	read_irb(f);
	irq_and_work(f, W_SEC);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)VFIO_CCW_FX_HOLD);
	KUNIT_EXPECT_EQ(test, peek(f, &ctl), 0U);
	KUNIT_EXPECT_EQ(test, ctl, 0U);
	unhold(f);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_SEC);
	unhold(f);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);

	/* A request ends it, whether it is only checked or refused */
	busy(f);
	irq_and_work(f, W_END);
	read_irb(f);
	irq_and_work(f, W_ATTN);
	KUNIT_EXPECT_EQ(test, check(f, VFIO_CCW_EVENT_SSCH), -EBUSY);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_ATTN);

	busy(f);
	irq_and_work(f, W_END);
	read_irb(f);
	irq_and_work(f, W_ATTN);
	KUNIT_EXPECT_EQ(test, ssch(f), -EBUSY);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
}

/* Everything from before a clear is gone; its own status comes */
static void clear_purges(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 ctl, seq;

	busy(f);
	irq_and_work(f, W_PRIM);
	seq = peek(f, &ctl);
	irq(f, W_SEC);
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_CSCH, NULL), 0);
	f->schib.scsw.ctl = cpu_to_be32(CLEAR | VFIO_CCW_AC_CLEAR);
	ack(f, seq);
	KUNIT_EXPECT_EQ(test, peek(f, &ctl), 0U);
	KUNIT_EXPECT_EQ(test, ctl, 0x00001100U);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
}

/* A halt resets intermediate status, except that of a suspended program */
static void halt_purges(struct kunit *test)
{
	struct fake *f = test->priv;

	busy_pci(f);
	step(f, VFIO_CCW_EVENT_HSCH, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 0U);

	busy(f);
	irq_and_work(f, W_SUSP);
	step(f, VFIO_CCW_EVENT_HSCH, NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 1U);
}

/* A PCI program without end and a user who never reads */
static void silent_reader(struct kunit *test)
{
	struct fake *f = test->priv;
	unsigned int i;

	busy(f);
	for (i = 0; i < 100; i++) {
		irq(f, W_PCI);
		if (i % 3 == 0)
			drain(f);
	}
	irq_and_work(f, W_PRIM);
	irq_and_work(f, W_SEC);
	for (i = 0; i < 100; i++)
		irq_and_work(f, W_ATTN);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_PCI);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0x00004007U);
	unhold(f);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_ATTN);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 0U);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.dropped + f->fsm.rawq.dropped, 0U);
}

/* Nobody hears of an earlier life */
static void no_stale_status(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 ctl, seq;

	busy(f);
	irq_and_work(f, W_END);
	seq = peek(f, &ctl);
	step(f, VFIO_CCW_EVENT_OFFLINE, NULL);
	step(f, VFIO_CCW_EVENT_ONLINE, NULL);
	ack(f, seq);
	KUNIT_EXPECT_EQ(test, peek(f, &ctl), 0U);
	KUNIT_EXPECT_EQ(test, ctl, 0U);
	KUNIT_EXPECT_FALSE(test, f->fsm.hold);

	irq_and_work(f, W_ATTN);
	step(f, VFIO_CCW_EVENT_RESET, NULL);
	KUNIT_EXPECT_EQ(test, peek(f, &ctl), 0U);
}

/* The status of a lost start survives the loss, and the close */
static void read_after_loss(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 ctl;

	busy(f);
	step(f, VFIO_CCW_EVENT_GONE, NULL);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)(REQ | IO));
	KUNIT_EXPECT_EQ(test, read_irb(f), W_GONE_S);
	KUNIT_EXPECT_EQ(test, peek(f, &ctl), 0U);
	KUNIT_EXPECT_EQ(test, ctl, 0U);
	step(f, VFIO_CCW_EVENT_OFFLINE, NULL);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)UNREG);
}

/* An end between the cancel and the disable: no deadline is waited for */
static void end_during_ladder(struct kunit *test)
{
	struct fake *f = test->priv;

	quiescing_close(f);
	irq(f, W_PCI);
	irq(f, W_BOTH);
	f->disable = 0;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, STANDBY);
	KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
}

/* Events noted while something else runs: each once, the loss last */
static void posted(struct kunit *test)
{
	struct fake *f = test->priv;

	busy(f);
	f->locked = true;
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_GONE, 0);
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_PATHGONE, 0x40);
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_PATHGONE, 0x80);
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_SCHIB, 0);
	f->locked = false;
	irq(f, W_PCI);
	drain(f);
	KUNIT_EXPECT_STREQ(test, f->log, "tttxd");
	KUNIT_EXPECT_EQ(test, f->fsm.state, NOT_OPER);
	KUNIT_EXPECT_EQ(test, f->fsm.posted, 0U);
	KUNIT_EXPECT_EQ(test, f->fsm.lost, 0);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_PCI);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);
}

/* The worker waits for a rung, and has nothing to wait for before it is done */
static void timer_is_off_in_the_end(struct kunit *test)
{
	struct fake *f = test->priv;

	quiescing_reset(f);
	f->disable = -EBUSY;
	step(f, VFIO_CCW_EVENT_TIMEOUT, NULL);
	KUNIT_EXPECT_TRUE(test, f->fx.mask & VFIO_CCW_FX_TIMER);
	f->locked = true;
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_TIMEOUT, 0);
	vfio_ccw_fsm_post(&f->fsm, VFIO_CCW_EVENT_GONE, 0);
	f->locked = false;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, NOT_OPER);
	KUNIT_EXPECT_FALSE(test, f->fx.mask & VFIO_CCW_FX_TIMER);
	KUNIT_EXPECT_TRUE(test, f->fx.mask & VFIO_CCW_FX_TIMER_OFF);
}

/* The starter takes what comes before it lets go; afterwards the worker does */
static void attended(struct kunit *test)
{
	struct vfio_ccw_arg arg = { .orb = &all_paths, .cp = CP };
	struct fake *f = test->priv;

	idle(f);
	arg.gen = f->fsm.gen;
	KUNIT_EXPECT_EQ(test, step_only(f, VFIO_CCW_EVENT_SSCH, &arg), 0);
	KUNIT_EXPECT_FALSE(test, irq(f, W_END));
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
	read_irb(f);

	arg.cp = CP;
	KUNIT_EXPECT_EQ(test, step_only(f, VFIO_CCW_EVENT_SSCH, &arg), 0);
	drain(f);
	KUNIT_EXPECT_TRUE(test, irq(f, W_END));

	/* It comes while the starter looks for the last time */
	idle(f);
	arg.cp = CP;
	arg.gen = f->fsm.gen;
	KUNIT_EXPECT_EQ(test, step_only(f, VFIO_CCW_EVENT_SSCH, &arg), 0);
	irq(f, W_PCI);
	f->odd_irq = W_END;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_FALSE(test, f->fsm.attended);
}

/* Whatever function was accepted, its end is taken by whoever asked for it */
static void every_function_is_attended(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		enum vfio_ccw_event event;
		u32 ctl;
		enum vfio_ccw_state to;
	} cases[] = {
		{ busy, EV(HSCH), W_BOTH, IDLE },
		{ idle, EV(HSCH), W_HALTED, IDLE },
		{ busy, EV(CSCH), W_CLEARED, IDLE },
		{ idle, EV(CSCH), W_CLEARED, IDLE },
		{ busy_susp, EV(RSCH), W_END, IDLE },
		{ busy_susp, EV(RSCH), W_SUSP, BUSY },
	};
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		arg = (struct vfio_ccw_arg) {
			.gen = f->fsm.gen, .cp = CP, .resume = true,
		};
		f->odd_irq = cases[i].ctl;
		KUNIT_EXPECT_EQ(test, step(f, cases[i].event, &arg), 0);
		KUNIT_EXPECT_EQ_MSG(test, f->fx.mask, (u32)IO, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, f->fsm.state, cases[i].to,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, read_irb(f), cases[i].ctl,
				    "case %u", i);
	}

	/* One that was refused is not */
	busy_halt(f);
	KUNIT_EXPECT_EQ(test, step_only(f, VFIO_CCW_EVENT_HSCH, NULL), -EBUSY);
	KUNIT_EXPECT_TRUE(test, irq(f, W_BOTH));
}

/* A program that interrupts without end keeps neither worker nor starter */
static void flood(struct kunit *test)
{
	struct vfio_ccw_arg arg = { .orb = &all_paths, .cp = CP };
	struct fake *f = test->priv;

	busy(f);
	irq(f, W_PCI);
	f->flood = W_PCI;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->completed, 16U);
	KUNIT_EXPECT_EQ(test, f->fx.mask, IO | VFIO_CCW_FX_WORK);
	f->flood = 0;
	f->odd_irq = W_END;	/* behind what is left */
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_PCI);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_END);

	/* Whoever started it lets go, and the worker comes */
	idle(f);
	arg.gen = f->fsm.gen;
	f->flood = W_PCI;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_SSCH, &arg), 0);
	KUNIT_EXPECT_EQ(test, f->completed, 16U);
	KUNIT_EXPECT_EQ(test, f->fx.mask, IO | VFIO_CCW_FX_WORK);
	KUNIT_EXPECT_TRUE(test, irq(f, W_PCI));

	/* An event that looks at status does not wait for the end of it */
	arg.mask = 0x80;
	f->completed = 0;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_PATHGONE, &arg), 0);
	KUNIT_EXPECT_EQ(test, f->completed, 17U);
	KUNIT_EXPECT_STREQ(test, f->log, "tx");
	f->flood = 0;
}

/* A start that ended before the driver could end it keeps its own status */
static void end_beats_termination(struct kunit *test)
{
	static const enum vfio_ccw_event events[] = {
		EV(PATHGONE), EV(DMA_UNMAP),
	};
	struct vfio_ccw_arg arg = { .mask = 0x80, .touches = true };
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		/* The interrupt was just there */
		busy(f);
		f->early_irq = W_END;
		KUNIT_EXPECT_EQ(test, step(f, events[i], &arg), 0);
		KUNIT_EXPECT_STREQ(test, f->log, "");
		drain(f);
		KUNIT_EXPECT_EQ(test, read_irb(f), W_END);
		KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);

		/* It is about to come */
		busy_ended(f);
		KUNIT_EXPECT_EQ(test, step(f, events[i], &arg), 0);
		KUNIT_EXPECT_STREQ(test, f->log, "t");
		irq_and_work(f, W_END);
		KUNIT_EXPECT_EQ(test, read_irb(f), W_END);
		KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);

		/* Intermediate status is no end */
		busy(f);
		f->schib.scsw.ctl = cpu_to_be32(W_PCI);
		KUNIT_EXPECT_EQ(test, step(f, events[i], &arg), 0);
		KUNIT_EXPECT_STREQ(test, f->log, "tx");
	}
}

/*
 * What becomes of a subchannel that is lost depends on why: one without a
 * device, or whose channel did not stop, is found again; one that is gone, that
 * was reset or that has another device is given back
 */
static void reasons(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		enum vfio_ccw_event event;
		int stsch, disable;
		enum vfio_ccw_reason reason;
	} cases[] = {
		{ busy, EV(SCHIB), -ENODEV, 0, VFIO_CCW_REASON_GONE },
		{ busy, EV(SCHIB), -EACCES, 0, VFIO_CCW_REASON_NODEV },
		{ busy, EV(GONE), 0, 0, VFIO_CCW_REASON_GONE },
		{ busy, EV(NODEV), 0, 0, VFIO_CCW_REASON_NODEV },
		{ busy, EV(GONE), 0, -EBUSY, VFIO_CCW_REASON_STUCK },
		{ busy, EV(NODEV), 0, -EBUSY, VFIO_CCW_REASON_STUCK },
		{ busy_was_reset, EV(SCHIB), 0, 0, VFIO_CCW_REASON_GONE },
		{ stuck_open, EV(GONE), 0, 0, VFIO_CCW_REASON_GONE },
		{ stuck_open, EV(GONE), 0, -EBUSY, VFIO_CCW_REASON_STUCK },
		{ stuck_open, EV(NODEV), 0, -EACCES, VFIO_CCW_REASON_NODEV },
		{ stuck_open, EV(NODEV), 0, -EBUSY, VFIO_CCW_REASON_STUCK },
		{ nodev_open, EV(GONE), 0, -ENODEV, VFIO_CCW_REASON_GONE },
		{ nodev_open, EV(NODEV), 0, 0, VFIO_CCW_REASON_NODEV },
		{ gone_open, EV(NODEV), 0, 0, VFIO_CCW_REASON_GONE },
		{ shut_down, EV(GONE), 0, 0, VFIO_CCW_REASON_SHUTDOWN },
		{ shut_down, EV(NODEV), 0, 0, VFIO_CCW_REASON_SHUTDOWN },
	};
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		f->stsch = cases[i].stsch;
		f->disable = cases[i].disable;
		step(f, cases[i].event, NULL);
		KUNIT_EXPECT_EQ_MSG(test, f->fsm.state, NOT_OPER, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, f->fsm.reason, cases[i].reason,
				    "case %u", i);
	}
}

/* A device that returns is served as before, once its user has closed it */
static void device_returns(struct kunit *test)
{
	struct fake *f = test->priv;

	busy(f);
	lose_device(f);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)(REQ | IO));
	KUNIT_EXPECT_EQ(test, read_irb(f), W_GONE_S);
	KUNIT_EXPECT_EQ(test, step(f, EV(SCHIB), NULL), 0);
	KUNIT_EXPECT_EQ(test, f->fsm.state, NOT_OPER);
	KUNIT_EXPECT_EQ(test, step(f, EV(OFFLINE), NULL), 0);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, step(f, EV(ONLINE), NULL), 0);
	KUNIT_EXPECT_EQ(test, ssch(f), 0);

	/* Closed before it returns */
	lose_device(f);
	f->stsch = -EACCES;
	step(f, EV(OFFLINE), NULL);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, step(f, EV(ONLINE), NULL), -ENODEV);
	f->stsch = 0;
	f->missing = false;
	step(f, EV(SCHIB), NULL);
	KUNIT_EXPECT_EQ(test, step(f, EV(ONLINE), NULL), 0);

	/* A channel that stops after all */
	stuck(f);
	f->disable = 0;
	f->runs = false;
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)UNQUAR);
	KUNIT_EXPECT_EQ(test, step(f, EV(ONLINE), NULL), 0);
}

/* What the shell finds missing is the worker's; only what is enabled is reset */
static void store(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		int stsch, ret;
		u32 posted;
	} cases[] = {
		{ busy, 0, 0, 0 },
		{ busy, -ENODEV, -ENODEV, BIT(EV(GONE)) },
		{ busy, -EACCES, -EACCES, BIT(EV(NODEV)) },
		{ busy_was_reset, 0, -ENODEV, BIT(EV(GONE)) },
		{ idle_was_reset, 0, -ENODEV, BIT(EV(GONE)) },
	};
	struct fake *f = test->priv;
	struct vfio_ccw_schib schib;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		f->stsch = cases[i].stsch;
		f->locked = true;
		KUNIT_EXPECT_EQ_MSG(test, vfio_ccw_fsm_store(&f->fsm, &schib),
				    cases[i].ret, "case %u", i);
		f->locked = false;
		KUNIT_EXPECT_EQ(test, f->fsm.posted, cases[i].posted);
		drain(f);
		KUNIT_EXPECT_EQ(test, f->fsm.state == NOT_OPER,
				!!cases[i].posted);
	}

	standby(f);
	f->schib.ctl = 0;
	KUNIT_EXPECT_EQ(test, step(f, EV(SCHIB), NULL), 0);
	KUNIT_EXPECT_EQ(test, f->fsm.state, STANDBY);
}

/* Alert status keeps a halt from being accepted, whatever came with it */
static void halt_and_alert(struct kunit *test)
{
	struct fake *f = test->priv;

	busy(f);
	f->schib.scsw.ctl = cpu_to_be32(0x000040c0);
	irq(f, W_ODD);
	KUNIT_EXPECT_EQ(test, step(f, EV(HSCH), NULL), -EBUSY);
	KUNIT_EXPECT_STREQ(test, f->log, "");
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	KUNIT_EXPECT_EQ(test, step(f, EV(HSCH), NULL), -EBUSY);
	KUNIT_EXPECT_STREQ(test, f->log, "");
	irq_and_work(f, W_PCI);
	KUNIT_EXPECT_EQ(test, step(f, EV(HSCH), NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_ODD);
	KUNIT_EXPECT_EQ(test, step(f, EV(HSCH), NULL), 0);
}

/* ... but it is no end: a start that lost its path is ended all the same */
static void alert_is_no_end(struct kunit *test)
{
	struct vfio_ccw_arg arg = { .mask = 0x80 };
	struct fake *f = test->priv;

	busy(f);
	f->schib.scsw.ctl = cpu_to_be32(0x000040c0);
	f->early_irq = W_ODD;
	KUNIT_EXPECT_EQ(test, step(f, EV(PATHGONE), &arg), 0);
	KUNIT_EXPECT_STREQ(test, f->log, "ttx");
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
}

/* Condition code 1 of the cancel says that status came: it may be the end */
static void end_beats_cancel(struct kunit *test)
{
	static const enum vfio_ccw_event events[] = {
		EV(PATHGONE), EV(DMA_UNMAP),
	};
	struct vfio_ccw_arg arg = { .mask = 0x80, .touches = true };
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		busy(f);
		f->late_end = W_END;
		KUNIT_EXPECT_EQ(test, step(f, events[i], &arg), 0);
		KUNIT_EXPECT_STREQ(test, f->log, "txt");
		irq_and_work(f, W_END);
		KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
		KUNIT_EXPECT_EQ(test, read_irb(f), W_END);

		/* Or not */
		busy(f);
		f->late_end = W_PCI;
		step(f, events[i], &arg);
		KUNIT_EXPECT_STREQ(test, f->log, "txtc");
		irq_and_work(f, W_CLEARED);
		KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);
	}
}

/* Neither a shutdown nor a deadline disables while the end is about to come */
static void end_beats_disabling(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		u32 pending, end, read;
		const char *log;
	} cases[] = {
		{ busy, W_END, W_END, W_END, "txh" },
		{ busy_halt, W_BOTH, W_BOTH, W_BOTH, "txh" },
		{ busy_clear, W_CLEARED, W_CLEARED, W_CLEARED, "txh" },
		/* The end of the driver's own clear is nobody's */
		{ busy_kill, W_CLEARED, 0, W_CHECK_S, "td" },
		/* It goes on: nothing is waited for */
		{ busy, W_PCI, 0, W_GONE_S, "td" },
	};
	struct vfio_ccw_arg arg = { .touches = true };
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		f->cc = 1;
		f->schib.scsw.ctl = cpu_to_be32(cases[i].pending);
		step(f, EV(SHUTDOWN), NULL);
		KUNIT_EXPECT_STREQ(test, f->log, cases[i].log);
		if (cases[i].end)
			irq_and_work(f, cases[i].end);
		KUNIT_EXPECT_EQ_MSG(test, f->fsm.state, NOT_OPER, "case %u", i);
		KUNIT_EXPECT_PTR_EQ(test, f->fx.retired, CP);
		KUNIT_EXPECT_EQ_MSG(test, read_irb(f), cases[i].read,
				    "case %u", i);
		KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 0U);
	}

	/* The end of the driver's own halt is nobody's, either */
	quiescing_shutdown(f);
	f->disable = 0;
	irq_and_work(f, W_BOTH);
	KUNIT_EXPECT_EQ(test, f->fsm.state, NOT_OPER);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_GONE_S);

	/* An unmap left it alone, and then nothing came in time */
	busy_ended(f);
	step(f, EV(DMA_UNMAP), &arg);
	f->cc = 1;
	KUNIT_EXPECT_EQ(test, step(f, EV(TIMEOUT), NULL), -EINPROGRESS);
	KUNIT_EXPECT_STREQ(test, f->log, "txh");
	irq_and_work(f, W_END);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_END);

	/* It never comes: not more than two rungs */
	busy_ended(f);
	step(f, EV(DMA_UNMAP), &arg);
	f->cc = 1;
	step(f, EV(TIMEOUT), NULL);
	step(f, EV(TIMEOUT), NULL);
	KUNIT_EXPECT_STREQ(test, f->log, "th");
	step(f, EV(TIMEOUT), NULL);
	KUNIT_EXPECT_STREQ(test, f->log, "de");
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);
}

/* What comes between two rungs is taken at once, whatever it is */
static void between_rungs(struct kunit *test)
{
	struct fake *f = test->priv;

	busy(f);
	f->disable = -EBUSY;
	f->odd_irq = W_END;
	step(f, EV(OFFLINE), NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.rawq.len, 1U);
	step(f, EV(TIMEOUT), NULL);
	KUNIT_EXPECT_STREQ(test, f->log, "d");
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)TIMER);
	f->disable = 0;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, STANDBY);

	/* Device end of what ended before */
	quiescing_close(f);
	irq(f, W_SEC);
	f->disable = 0;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, STANDBY);

	/* Intermediate status says nothing */
	quiescing_close(f);
	irq(f, W_PCI);
	drain(f);
	KUNIT_EXPECT_STREQ(test, f->log, "");
	step(f, EV(TIMEOUT), NULL);
	KUNIT_EXPECT_STREQ(test, f->log, "dh");
}

/* Each time the ladder begins with its lowest rung */
static void lowest_rung_first(struct kunit *test)
{
	struct fake *f = test->priv;

	quiescing_reset(f);
	f->xsch_cc = 2;
	step(f, EV(TIMEOUT), NULL);
	f->disable = 0;
	step(f, EV(TIMEOUT), NULL);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	ssch(f);
	f->disable = -EBUSY;
	step(f, EV(RESET), NULL);
	KUNIT_EXPECT_STREQ(test, f->log, "dxh");
}

/* The path in use is not there any more, and nobody has said which one went */
static void unannounced_loss(struct kunit *test)
{
	static const struct {
		u8 left, lpum;
		u32 ac;
		bool ends;
	} cases[] = {
		{ 0x40, 0x80, VFIO_CCW_AC_SCH_ACT, true },
		{ 0x40, 0x80, VFIO_CCW_AC_SUSP, true },
		{ 0x80, 0x80, VFIO_CCW_AC_SCH_ACT, false },
		{ 0x40, 0x80, VFIO_CCW_AC_START, false },
		{ 0x40, 0x00, VFIO_CCW_AC_SCH_ACT, false },
	};
	struct fake *f = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		busy(f);
		f->paths = cases[i].left;
		f->schib.lpum = cases[i].lpum;
		f->schib.scsw.ctl = cpu_to_be32(START | cases[i].ac);
		KUNIT_EXPECT_EQ(test, step(f, EV(SCHIB), NULL), 0);
		KUNIT_EXPECT_EQ_MSG(test, f->fsm.state == IDLE, cases[i].ends,
				    "case %u", i);
		if (cases[i].ends)
			KUNIT_EXPECT_EQ(test, read_irb(f), W_CHECK_S);
	}
}

/*
 * A monitor has one place for status, and copies what a read shows there at
 * every signal. It has seen the signal for status that a clear, a halt or a
 * reset then takes away, and reads what has come since; the signal for that
 * makes it read again.
 */
static void signal_too_many(struct kunit *test)
{
	static const struct {
		void (*from)(struct fake *f);
		enum vfio_ccw_event event;
		u32 end;
	} cases[] = {
		{ idle_attn, EV(CSCH), W_CLEARED },
		{ busy_pci, EV(CSCH), W_CLEARED },
		{ busy_pci, EV(HSCH), W_BOTH },
		{ idle_attn, EV(RESET), W_ATTN },
	};
	struct fake *f = test->priv;
	unsigned int i;
	u32 ctl;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].from(f);
		KUNIT_EXPECT_EQ(test, step(f, cases[i].event, NULL), 0);
		irq_and_work(f, cases[i].end);
		KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
		KUNIT_EXPECT_EQ(test, read_irb(f), cases[i].end);
		KUNIT_EXPECT_EQ_MSG(test, read_irb(f), cases[i].end,
				    "case %u", i);
		KUNIT_EXPECT_EQ(test, read_irb(f), cases[i].end);

		/* The guest has it by its next request, of whatever result */
		KUNIT_EXPECT_EQ(test, step(f, EV(XSCH), NULL), -EINVAL);
		KUNIT_EXPECT_EQ(test, read_irb(f), 0U);

		/* No signal is left for what comes then */
		KUNIT_EXPECT_EQ(test, ssch(f), 0);
		irq_and_work(f, W_END);
		KUNIT_EXPECT_EQ(test, read_irb(f), W_END);
		KUNIT_EXPECT_EQ(test, peek(f, &ctl), 0U);
		KUNIT_EXPECT_EQ(test, ctl, 0U);
	}

	/* The look before a translation is a request as well */
	idle_attn(f);
	step(f, EV(CSCH), NULL);
	irq_and_work(f, W_CLEARED);
	read_irb(f);
	KUNIT_EXPECT_EQ(test, check(f, EV(SSCH)), 0);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0U);

	/* It was read before it was taken away, or nobody was told of it */
	idle_attn(f);
	read_irb(f);
	step(f, EV(CSCH), NULL);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0U);
	idle_attn_raw(f);
	step(f, EV(CSCH), NULL);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0U);

	/* Nothing of that outlives a close */
	idle_attn(f);
	step(f, EV(OFFLINE), NULL);
	step(f, EV(ONLINE), NULL);
	ssch(f);
	irq_and_work(f, W_END);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_END);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0U);
}

/*
 * A start whose status comes in two parts, with nothing left of it: what belongs
 * together is found together, and the user is told once
 */
static void start_and_end(struct fake *f)
{
	struct kunit *test = f->test;

	KUNIT_EXPECT_EQ(test, ssch(f), 0);
	irq_and_work(f, W_PRIM);
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)IO);
	irq_and_work(f, W_SEC);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, f->fsm.outq.len, 1U);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_END);
	KUNIT_EXPECT_EQ(test, read_irb(f), 0U);
}

/* The numbers of lives, operations and entries of status, each going over its end */
static void numbers_wrap(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_arg arg;
	u32 gen, left;

	for (left = 0; left < 24; left++) {
		idle(f);
		f->fsm.gen = U32_MAX - left % 3;
		f->fsm.op = U32_MAX - left % 2;
		f->fsm.rawq.next_seq = U32_MAX - left % 5;
		f->fsm.outq.next_seq = U32_MAX - left % 4;
		start_and_end(f);
		/* what was translated in an earlier life is not started */
		gen = f->fsm.gen;
		step(f, VFIO_CCW_EVENT_RESET, NULL);
		KUNIT_EXPECT_NE(test, f->fsm.gen, gen);
		arg = (struct vfio_ccw_arg) {
			.orb = &all_paths, .cp = CP, .gen = gen,
		};
		KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_SSCH, &arg),
				-EAGAIN);
		start_and_end(f);
		/* the end of a start is not that of the clear after it */
		KUNIT_EXPECT_EQ(test, ssch(f), 0);
		irq(f, W_END);
		KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_CSCH, NULL), 0);
		irq_and_work(f, W_CLEARED);
		KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
		KUNIT_EXPECT_EQ(test, read_irb(f), 0U);
		step(f, VFIO_CCW_EVENT_OFFLINE, NULL);
		KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_ONLINE, NULL), 0);
		start_and_end(f);
		KUNIT_EXPECT_EQ(test, f->impossible, 0U);
		KUNIT_EXPECT_LT(test, f->fsm.gen, 100U);
		KUNIT_EXPECT_LT(test, f->fsm.op, 100U);
		KUNIT_EXPECT_LT(test, f->fsm.rawq.next_seq, 100U);
		KUNIT_EXPECT_LT(test, f->fsm.outq.next_seq, 100U);
		step(f, VFIO_CCW_EVENT_OFFLINE, NULL);
	}

	/* Signals that the user has never read for are not forgotten for being many */
	idle_attn(f);
	f->fsm.surplus = UINT_MAX;
	KUNIT_EXPECT_EQ(test, step(f, VFIO_CCW_EVENT_CSCH, NULL), 0);
	irq_and_work(f, W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_CLEARED);
}

/* The host notes that the device is lost, and it is there again at once */
static void lose_and_find(struct fake *f)
{
	struct vfio_ccw_schib schib;

	f->stsch = -EACCES;
	f->locked = true;
	KUNIT_EXPECT_EQ(f->test, vfio_ccw_fsm_store(&f->fsm, &schib), -EACCES);
	f->locked = false;
	f->stsch = 0;
	f->missing = false;
}

/* What was noted of a device that is back ends nothing that has begun since */
static void loss_before(struct kunit *test)
{
	struct fake *f = test->priv;

	idle(f);
	lose_and_find(f);
	f->schib.scsw.ctl = cpu_to_be32(START | VFIO_CCW_AC_START);
	KUNIT_EXPECT_EQ(test, ssch(f), 0);
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	KUNIT_EXPECT_EQ(test, f->fx.mask, 0U);
	KUNIT_EXPECT_EQ(test, f->fsm.posted, 0U);
	irq_and_work(f, W_END);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_END);

	/* Its end is pending at the subchannel, or comes during the look */
	busy(f);
	lose_and_find(f);
	f->schib.scsw.ctl = cpu_to_be32(VFIO_CCW_SC_PEND);
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	busy(f);
	lose_and_find(f);
	f->schib.scsw.ctl = 0;
	f->odd_irq = W_END;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, BUSY);
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_END);

	/* A function that the subchannel has forgotten is answered */
	busy(f);
	lose_and_find(f);
	f->schib.scsw.ctl = 0;
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, NOT_OPER);
	KUNIT_EXPECT_EQ(test, f->fsm.reason, VFIO_CCW_REASON_NODEV);
	KUNIT_EXPECT_EQ(test, read_irb(f), W_GONE_S);

	/* Without a function there is nothing to answer */
	idle(f);
	lose_and_find(f);
	drain(f);
	KUNIT_EXPECT_EQ(test, f->fsm.state, IDLE);
	standby(f);
	lose_and_find(f);
	drain(f);
	KUNIT_EXPECT_STREQ(test, f->log, "t");
	KUNIT_EXPECT_EQ(test, f->fsm.state, STANDBY);

	/* What could not be stopped may have stopped with the loss */
	stuck_open(f);
	lose_and_find(f);
	f->disable = 0;
	f->runs = false;
	drain(f);
	KUNIT_EXPECT_STREQ(test, f->log, "d");
	KUNIT_EXPECT_EQ(test, f->fx.mask, (u32)UNQUAR);
}

static struct kunit_case fsm_cases[] = {
	KUNIT_CASE_PARAM(every_cell, row_gen_params),
	KUNIT_CASE(every_cell_has_a_row),
	KUNIT_CASE(every_cell_is_filled),
	KUNIT_CASE(impossible_is_said),
	KUNIT_CASE(timer_is_off_in_the_end),
	KUNIT_CASE(paths),
	KUNIT_CASE(stale_translation),
	KUNIT_CASE(checks),
	KUNIT_CASE(ready),
	KUNIT_CASE(results),
	KUNIT_CASE(suspended_where),
	KUNIT_CASE(resume),
	KUNIT_CASE(resume_while_running),
	KUNIT_CASE(lost_paths),
	KUNIT_CASE(earlier_loss),
	KUNIT_CASE(another_memory),
	KUNIT_CASE(deadline_of_lost_path),
	KUNIT_CASE(made_up_status),
	KUNIT_CASE(killed_by_clear),
	KUNIT_CASE(unmap_escalates),
	KUNIT_CASE(ladder),
	KUNIT_CASE(stray),
	KUNIT_CASE(undecided),
	KUNIT_CASE(interrupts_of_a_start),
	KUNIT_CASE(halted_suspended),
	KUNIT_CASE(merged_until_read),
	KUNIT_CASE(presenting_rule),
	KUNIT_CASE(clear_purges),
	KUNIT_CASE(halt_purges),
	KUNIT_CASE(silent_reader),
	KUNIT_CASE(no_stale_status),
	KUNIT_CASE(read_after_loss),
	KUNIT_CASE(end_during_ladder),
	KUNIT_CASE(posted),
	KUNIT_CASE(attended),
	KUNIT_CASE(every_function_is_attended),
	KUNIT_CASE(flood),
	KUNIT_CASE(end_beats_termination),
	KUNIT_CASE(end_beats_cancel),
	KUNIT_CASE(end_beats_disabling),
	KUNIT_CASE(between_rungs),
	KUNIT_CASE(lowest_rung_first),
	KUNIT_CASE(halt_and_alert),
	KUNIT_CASE(alert_is_no_end),
	KUNIT_CASE(unannounced_loss),
	KUNIT_CASE(signal_too_many),
	KUNIT_CASE(numbers_wrap),
	KUNIT_CASE(reasons),
	KUNIT_CASE(device_returns),
	KUNIT_CASE(loss_before),
	KUNIT_CASE(store),
	{}
};

static struct kunit_suite fsm_suite = {
	.name = "vfio_ccw_fsm",
	.init = fsm_init,
	.test_cases = fsm_cases,
};

kunit_test_suites(&fsm_suite);

/*
 * For all the suites, which are one module and use what the driver exports to
 * them. MODULE_IMPORT_NS() takes other forms on other kernels.
 */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("Tests of the state machine");
MODULE_LICENSE("GPL");
