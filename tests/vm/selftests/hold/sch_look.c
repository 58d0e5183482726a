// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at a subchannel behind the back of its driver, and makes it behave as
 * no emulator does. Write the subchannel's folder in sysfs to the parameter
 * "path", or nothing to let go of it; the others are about that one:
 *
 *   pmcw		reads as "E INTPARM REFERENCES": whether it is enabled, as
 *			the hardware says, its interruption parameter, and how
 *			many refer to it
 *   stubborn=1		MODIFY SUBCHANNEL ends with an operand exception
 *   absent=1		its device number is not valid, as when all paths of the
 *			device are in standby
 *   pathless=1		its first path is not available
 *   unsure=1		it is enabled, and whoever enables it is told of an error
 *   silent=1		it accepts halt and clear functions, does nothing, and never
 *			answers; nor can anything be cancelled
 *
 * For the self-tests alone; never installed.
 */
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stop_machine.h>
#include <linux/string.h>
#include <asm/page.h>

#include "cio.h"
#include "css.h"
#include "ioasm.h"

#include "sysfs_object.h"

static DEFINE_MUTEX(look_mutex);
static struct subchannel *looked;	/* look_mutex */

/* An origin of the extended measurement block that is no multiple of 64 */
static void set_stubborn(bool stubborn)
{
	spin_lock_irq(&looked->lock);
	looked->config.mba = stubborn;
	looked->config.mbfc = stubborn;
	spin_unlock_irq(&looked->lock);
}

/* A jump: load the address behind it relative to here, branch; then the address */
struct jump {
	u16 lgrl[3];	/* lgrl %r1,.+8 */
	u16 br;		/* br %r1 */
	u64 to;
} __aligned(8);

/* A function of the kernel, and what is called instead of it */
struct detour {
	void *from;
	void *to;
	struct jump saved;
	bool on;	/* look_mutex */
};

static bool absent, pathless;	/* written under look_mutex */

/* Takes the place of cio_update_schib() */
static int update_schib(struct subchannel *sch)
{
	struct schib schib;

	if (stsch(sch->schid, &schib))
		return -ENODEV;
	if (sch == READ_ONCE(looked)) {
		if (READ_ONCE(absent))
			schib.pmcw.dnv = 0;
		if (READ_ONCE(pathless))
			schib.pmcw.pam &= 0x7f;
	}
	memcpy(&sch->schib, &schib, sizeof(schib));
	return css_sch_is_valid(&schib) ? 0 : -EACCES;
}

/* Takes the place of cio_enable_subchannel() */
static int enable_and_fail(struct subchannel *sch, u32 intparm)
{
	sch->config.ena = 1;
	sch->config.isc = sch->isc;
	sch->config.intparm = intparm;
	return cio_commit_config(sch) ?: -EIO;
}

/* HALT, CLEAR and CANCEL SUBCHANNEL as they are */
#define ISSUE(name)							\
static int issue_##name(struct subchannel_id schid)			\
{									\
	unsigned long id = *(u32 *)&schid;				\
	unsigned int cc;						\
									\
	asm volatile("lgr 1,%[id]\n"					\
		     #name "\n"						\
		     "ipm %[cc]\n"					\
		     "srl %[cc],28"					\
		     : [cc] "=d" (cc)					\
		     : [id] "d" (id)					\
		     : "cc", "memory", "1");				\
	return cc;							\
}

ISSUE(hsch)
ISSUE(csch)
ISSUE(xsch)

static bool is_looked_at(struct subchannel_id schid)
{
	struct subchannel *sch = READ_ONCE(looked);

	return sch && schid_equal(&sch->schid, &schid);
}

/* Take the places of hsch(), csch() and cio_cancel() */
static int hsch_to_nobody(struct subchannel_id schid)
{
	return is_looked_at(schid) ? 0 : issue_hsch(schid);
}

static int csch_to_nobody(struct subchannel_id schid)
{
	return is_looked_at(schid) ? 0 : issue_csch(schid);
}

static int cancel_nothing(struct subchannel *sch)
{
	static const int results[] = { 0, -EBUSY, -EINVAL, -ENODEV };
	int cc;

	if (is_looked_at(sch->schid))
		return -EINVAL;
	cc = issue_xsch(sch->schid);
	if (!cc)
		cio_update_schib(sch);
	return results[cc];
}

static struct detour halt = { .from = hsch, .to = hsch_to_nobody };
static struct detour clear = { .from = csch, .to = csch_to_nobody };
static struct detour cancel = { .from = cio_cancel, .to = cancel_nothing };
static struct detour update = { .from = cio_update_schib, .to = update_schib };
static struct detour enable = {
	.from = cio_enable_subchannel, .to = enable_and_fail,
};

/* The kernel's text cannot be written to, but by its real address */
static void write_text(void *to, const struct jump *jump)
{
	const u64 *words = (const u64 *)jump;
	unsigned long real = __pa(to);

	asm volatile("sturg %0,%1" : : "d" (words[0]), "a" (real) : "memory");
	asm volatile("sturg %0,%1" : : "d" (words[1]), "a" (real + 8) : "memory");
}

static int replace(void *data)
{
	struct detour *detour = data;
	const struct jump jump = {
		.lgrl = { 0xc418, 0, 4 }, .br = 0x07f1, .to = (u64)detour->to,
	};

	write_text(detour->from, detour->on ? &jump : &detour->saved);
	return 0;
}

static void set_detour(struct detour *detour, bool on)
{
	if (on == detour->on)
		return;
	if (on)
		memcpy(&detour->saved, detour->from, sizeof(detour->saved));
	detour->on = on;
	stop_machine(replace, detour, NULL);
}

static void set_absent(bool on)
{
	/* It comes back with nothing in progress */
	if (absent && !on)
		csch(looked->schid);
	WRITE_ONCE(absent, on);
	set_detour(&update, absent || pathless);
}

static void set_pathless(bool on)
{
	WRITE_ONCE(pathless, on);
	set_detour(&update, absent || pathless);
}

static void set_unsure(bool on)
{
	set_detour(&enable, on);
}

static void set_silent(bool on)
{
	set_detour(&halt, on);
	set_detour(&clear, on);
	set_detour(&cancel, on);
}

static void let_go(void)
{
	if (!looked)
		return;
	set_silent(false);
	set_absent(false);
	set_pathless(false);
	set_unsure(false);
	set_stubborn(false);
	put_device(&looked->dev);
	looked = NULL;
}

static int set_path(const char *text, const struct kernel_param *param)
{
	struct kobject *kobj = sysfs_object(text);

	if (IS_ERR(kobj))
		return PTR_ERR(kobj);

	mutex_lock(&look_mutex);
	let_go();
	if (kobj)
		looked = to_subchannel(kobj_to_dev(kobj));
	mutex_unlock(&look_mutex);
	return 0;
}

static const struct kernel_param_ops path_ops = {
	.set = set_path,
};
module_param_cb(path, &path_ops, NULL, 0200);
MODULE_PARM_DESC(path, "folder in sysfs of the subchannel to look at");

static int get_pmcw(char *text, const struct kernel_param *param)
{
	int rc = -ENODEV;
	struct schib schib;

	mutex_lock(&look_mutex);
	if (looked && !stsch(looked->schid, &schib))
		rc = sysfs_emit(text, "%d %08x %d\n", schib.pmcw.ena,
				schib.pmcw.intparm,
				kref_read(&looked->dev.kobj.kref) - 1);
	mutex_unlock(&look_mutex);
	return rc;
}

static const struct kernel_param_ops pmcw_ops = {
	.get = get_pmcw,
};
module_param_cb(pmcw, &pmcw_ops, NULL, 0400);
MODULE_PARM_DESC(pmcw, "enabled, interruption parameter, references");

static int set_manner(const char *text, const struct kernel_param *param)
{
	void (*set)(bool on) = param->arg;
	bool on;
	int rc;

	rc = kstrtobool(text, &on);
	if (rc)
		return rc;
	mutex_lock(&look_mutex);
	if (looked)
		set(on);
	else
		rc = -ENODEV;
	mutex_unlock(&look_mutex);
	return rc;
}

static const struct kernel_param_ops manner_ops = {
	.set = set_manner,
};
module_param_cb(stubborn, &manner_ops, set_stubborn, 0200);
MODULE_PARM_DESC(stubborn, "its configuration cannot be changed");
module_param_cb(absent, &manner_ops, set_absent, 0200);
MODULE_PARM_DESC(absent, "it has no working device");
module_param_cb(pathless, &manner_ops, set_pathless, 0200);
MODULE_PARM_DESC(pathless, "its first path is not available");
module_param_cb(unsure, &manner_ops, set_unsure, 0200);
MODULE_PARM_DESC(unsure, "enabling it is told to have failed");
module_param_cb(silent, &manner_ops, set_silent, 0200);
MODULE_PARM_DESC(silent, "it never answers");

static int __init look_init(void)
{
	return 0;
}

static void __exit look_exit(void)
{
	let_go();
}

module_init(look_init);
module_exit(look_exit);

MODULE_DESCRIPTION("Looks at a subchannel behind the back of its driver");
MODULE_LICENSE("GPL");
