// SPDX-License-Identifier: GPL-2.0
/* The table of cases, by subject */
#include <errno.h>

#include "cases.h"

const struct oracle_case oracle_cases[] = {
#include "cases_basic.h"
#include "cases_ida.h"
#include "cases_chain.h"
#include "cases_tic.h"
#include "cases_errors.h"
#include "cases_copy.h"
#include "cases_page.h"
#include "cases_keys.h"
#include "cases_suspend.h"
#include "cases_real.h"
};

const unsigned int oracle_nr_cases =
	sizeof(oracle_cases) / sizeof(*oracle_cases);
