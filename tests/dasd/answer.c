// SPDX-License-Identifier: GPL-2.0
/*
 * Answer a question as somebody at a terminal does
 *
 * usage: answer TEXT WORD COMMAND [ARGUMENT]...
 *
 * Runs COMMAND on a terminal of its own, prints what it prints, and once TEXT is
 * there gives it the WORD and a newline, or the signal if the word is TERM or USR1.
 * Ends with the command's status, 128 and more for that of a signal.
 */
#define _GNU_SOURCE
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[1 << 16];
static size_t used;

static bool put(int fd, const char *text, size_t size)
{
	return write(fd, text, size) == (ssize_t)size;
}

static bool answer(int terminal, pid_t pid, const char *word)
{
	if (!strcmp(word, "TERM"))
		return !kill(pid, SIGTERM);
	if (!strcmp(word, "USR1"))
		return !kill(pid, SIGUSR1);
	return put(terminal, word, strlen(word)) && put(terminal, "\n", 1);
}

int main(int argc, char **argv)
{
	bool answered = false;
	int terminal, status;
	ssize_t n;
	pid_t pid;

	if (argc < 4)
		return 2;
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (pid < 0) {
		perror("answer: no terminal");
		return 2;
	}
	if (!pid) {
		execv(argv[3], argv + 3);
		_exit(127);
	}
	/* An error is how a terminal says that nobody is there any more */
	while ((n = read(terminal, said + used, sizeof(said) - used)) > 0) {
		if (!put(STDOUT_FILENO, said + used, n))
			return 2;
		used += n;
		if (answered || !memmem(said, used, argv[1], strlen(argv[1])))
			continue;
		answered = true;
		if (!answer(terminal, pid, argv[2]))
			return 2;
	}
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}
