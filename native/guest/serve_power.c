/* POST /power: asks the image's init for its own shutdown, or ends the machine where there is none. */
#include "child.h"
#include "power.h"
#include "spawn.h"
#include "util.h"
#include "worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What processes get between being asked and being made to end. */
#define TERM_MS 2000

/* Sends a signal to every process of the image; returns how many there are. Our own begin with an
   '@', kernel threads have no arguments. */
static int signal_all(int number)
{
	int count = 0;
	DIR *d = opendir("/proc");
	for (struct dirent *e; d && (e = readdir(d));) {
		uint64_t pid;
		char path[300];
		if (!parse_u64(e->d_name, INT32_MAX, &pid) || pid == 1 || (pid_t)pid == getpid())
			continue;
		snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
		char *line = read_file_at(AT_FDCWD, path, 4 * 1024 * 1024, NULL);
		if (line && line[0] && line[0] != '@') {
			count++;
			kill((pid_t)pid, number);
		}
		free(line);
	}
	if (d)
		closedir(d);
	return count;
}

static void end_machine(bool reset)
{
	int64_t until = now_ms() + TERM_MS;
	signal_all(SIGTERM);
	signal_all(SIGCONT);
	while (signal_all(0) > 0 && now_ms() < until)
		sleep_ms(20);
	signal_all(SIGKILL);
	power_cut(reset);
}

static bool run(const char *path)
{
	struct user u = { .name = "root", .group_count = 1 };
	char *argv[] = { (char *)path, NULL };
	char *env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	int status;
	if (access(path, X_OK) < 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		child_become(&u, "/", true);
		execve(path, argv, env);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Every init brings these two commands; each does what its init wants. */
static bool ask_init(bool restart)
{
	static const char *const commands[2][2] = {
		{ "/sbin/poweroff", "/usr/sbin/poweroff" },
		{ "/sbin/reboot", "/usr/sbin/reboot" },
	};
	if (run(commands[restart][0]) || run(commands[restart][1]))
		return true;
	/* systemd without its command line tool: its documented signals. */
	if (access("/run/systemd/system", F_OK) == 0)
		return kill(1, SIGRTMIN + (restart ? 5 : 4)) == 0;
	return false;
}

void serve_power(struct worker *w)
{
	char *action = http_param(&w->http, "action"), text[CALL_MAX];
	bool restart = action && !strcmp(action, "reboot");
	bool known = restart || (action && !strcmp(action, "poweroff"));
	free(action);
	if (!known) {
		http_error(w->fd, 400, "action is neither poweroff nor reboot");
		return;
	}
	worker_ask(w, restart ? "power reboot" : "power poweroff", -1, text);
	if (!strcmp(w->init, "agent")) {
		http_answer(w->fd, 200, "", 0);
		shutdown(w->fd, SHUT_WR);
		end_machine(restart || w->reset);
	} else if (ask_init(restart)) {
		http_answer(w->fd, 200, "", 0);
	} else {
		http_error(w->fd, 500, "the image's init takes no request to end: no poweroff command");
	}
}
