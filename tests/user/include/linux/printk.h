/* SPDX-License-Identifier: GPL-2.0 */
/* Messages */
#ifndef USER_LINUX_PRINTK_H
#define USER_LINUX_PRINTK_H

#include "user_shim.h"

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#define printk(...)		user_printk(__VA_ARGS__)
#define pr_err(fmt, ...)	user_printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	user_printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...)	user_printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)	user_printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) \
	do { if (0) user_printk(pr_fmt(fmt), ##__VA_ARGS__); } while (0)
#define pr_err_ratelimited(fmt, ...)	pr_err(fmt, ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...)	pr_warn(fmt, ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...)	pr_info(fmt, ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)		pr_warn(fmt, ##__VA_ARGS__)

#endif
