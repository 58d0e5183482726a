/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs in a test machine share, self-tests and others: its files, the
 * program on the host beside it, reports that its kernel is made to believe in.
 */
#ifndef SELFTESTS_INSIDE_H
#define SELFTESTS_INSIDE_H

/* Channel-report word, PoP chapter 17: source and error-recovery code */
#define CRW_SUBCHANNEL	3
#define CRW_PATH	4
#define CRW_INITIALIZED	2
#define CRW_PARAMETERS	4	/* installed parameters initialised */
#define CRW_FAILED	6	/* permanent error, not initialised */
/* Where both are in the word */
#define CRW_BITS	0x0f3f0000u
#define CRW(source, code)	((source) << 24 | (code) << 16)

/* put - write @text into the file @path; 0 or -errno */
int put(const char *path, const char *text);

/*
 * tell_host - say @text to the program on the host, on the port $VM_CTL, which is
 * to be closed; -errno if that fails
 */
int tell_host(const char *text);

/*
 * ask_host - have the program on the host do @text, and wait until it has, for @ms
 * at most; 0 or -errno. @answer gets the line that it says if there is room (@size)
 */
int ask_host(const char *text, int ms, char *answer, unsigned long size);

/*
 * report - have the kernel believe in a channel report about path or subchannel
 * @id, as soon as it has taken the one before (CONFIG_CIO_INJECT); 0 or -errno
 */
int report(unsigned int source, unsigned int code, unsigned int id);

/* locked_memory - bytes that this process is charged for as locked or pinned */
long locked_memory(void);

/* obey_memory_limit - give up the right to lock more than that; 0 or -errno */
int obey_memory_limit(void);

#endif
