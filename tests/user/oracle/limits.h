/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ORACLE_LIMITS_H
#define ORACLE_LIMITS_H

void limit_cases(void);
void api_cases(void);

#endif
