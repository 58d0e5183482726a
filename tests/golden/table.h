/* SPDX-License-Identifier: GPL-2.0 */
/* The table of channel programs, by subject, for the one file that includes this */
#ifndef GOLDEN_TABLE_H
#define GOLDEN_TABLE_H

#include <linux/array_size.h>
#include <linux/errno.h>

#include "golden.h"

static const struct golden goldens[] = {
#include "basic.h"
#include "ida.h"
#include "chain.h"
#include "tic.h"
#include "errors.h"
#include "copy.h"
#include "page.h"
#include "keys.h"
#include "suspend.h"
#include "real.h"
};

#endif
