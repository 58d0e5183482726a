/* SPDX-License-Identifier: GPL-2.0 */
/* Page frames */
#ifndef USER_LINUX_PFN_H
#define USER_LINUX_PFN_H

#include <linux/page_user.h>

#endif
