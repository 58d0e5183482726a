// SPDX-License-Identifier: GPL-2.0
void limit_cases(void);
void api_cases(void);
void limit_cases(void) {}
void api_cases(void) {}
