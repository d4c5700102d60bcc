#include "child.h"

#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* Descriptors of the command's side. */
struct side {
	int in, out, err;
	int report; /* errno of what failed; closed by a successful exec */
};

struct failure {
	int err;
	char where; /* 'd'irectory, 'u'ser, 'x' exec */
};

static void give_up(int report, char where)
{
	struct failure f = { errno, where };
	if (write(report, &f, sizeof f) < 0)
		_exit(125);
	_exit(126);
}

char *child_find(const char *name, char **env, int *err)
{
	const char *path = "";
	*err = ENOENT;
	if (strchr(name, '/'))
		return strdup(name);
	for (char **e = env; *e; e++)
		if (!strncmp(*e, "PATH=", 5))
			path = *e + 5;
	while (*name) {
		size_t n = strcspn(path, ":");
		char *full;
		struct stat st;
		/* An empty entry is the working directory, as everywhere. */
		if (asprintf(&full, "%.*s%s%s", (int)n, path, n ? "/" : "./", name) < 0)
			return NULL;
		if (stat(full, &st) == 0 && S_ISREG(st.st_mode)) {
			if (faccessat(AT_FDCWD, full, X_OK, AT_EACCESS) == 0)
				return full;
			*err = EACCES;
		}
		free(full);
		if (!path[n])
			break;
		path += n + 1;
	}
	return NULL;
}

/* Not by signal(): the library keeps two numbers to itself, and one of them may be ignored. */
static void default_action(int number)
{
	static const char zeroes[64];
	syscall(SYS_rt_sigaction, number, zeroes, NULL, 8);
}

void child_become(const struct user *u, const char *cwd, bool cwd_must)
{
	struct rlimit files = { 1024, 524288 };
	sigset_t none;
	/* The agent is spared when memory runs out, and goes first; what it starts is not and does not. */
	write_file("/proc/self/oom_score_adj", "0");
	setpriority(PRIO_PROCESS, 0, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	for (int s = 1; s < 65; s++)
		default_action(s);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	/* Without the right to (tests as an ordinary user) only one's own identity works. */
	bool same = getuid() == u->uid && geteuid() == u->uid;
	errno = 0;
	if (setgroups((size_t)u->group_count, u->groups) < 0 && !same)
		return;
	if (setresgid(u->gid, u->gid, u->gid) < 0 || setresuid(u->uid, u->uid, u->uid) < 0)
		return;
	errno = 0;
	if (chdir(cwd) < 0 && (cwd_must || chdir("/") < 0))
		return;
	errno = 0;
}

static void run(const struct execspec *s, const struct user *u, char **env, const struct side *side)
{
	char *shell = NULL, *argv_shell[2] = { NULL, NULL };
	char *const *argv = s->argv;
	const char *name = s->argc ? s->argv[0] : u->shell;
	int err;
	child_become(u, s->cwd ? s->cwd : u->home, s->cwd != NULL);
	if (errno)
		give_up(side->report, errno == EPERM ? 'u' : 'd');
	char *path = child_find(name, env, &err);
	if (!path) {
		errno = err;
		give_up(side->report, 'x');
	}
	if (s->login) {
		const char *base = s->argc ? name : strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
		if (asprintf(&shell, "-%s", base) < 0)
			give_up(side->report, 'x');
		if (s->argc)
			((char **)s->argv)[0] = shell;
		else {
			argv_shell[0] = shell;
			argv = argv_shell;
		}
	}
	execve(path, argv, env);
	if (errno == ENOEXEC) {
		/* A script without a first line: as every shell does. */
		char **sh = calloc((size_t)s->argc + 3, sizeof *sh);
		if (sh) {
			sh[0] = "sh";
			sh[1] = path;
			for (int i = 1; i < s->argc; i++)
				sh[i + 1] = s->argv[i];
			execve("/bin/sh", sh, env);
		}
		errno = ENOEXEC;
	}
	give_up(side->report, 'x');
}

static bool open_terminal(struct child *ch, struct side *side, const struct execspec *s, const struct user *u)
{
	struct winsize size = { (unsigned short)s->rows, (unsigned short)s->columns, 0, 0 };
	struct termios t;
	int zero = 0;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) < 0) {
		ch->in = master;
		return false;
	}
	ch->in = ch->out = master;
	side->in = side->out = side->err = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (side->in < 0)
		return false;
	ioctl(master, TIOCSWINSZ, &size);
	if (tcgetattr(side->in, &t) == 0) {
		t.c_iflag |= IUTF8;
		tcsetattr(side->in, TCSANOW, &t);
	}
	/* The group `tty` is 5 on every distribution, as devpts is mounted with. */
	if (fchown(side->in, u->uid, 5) == 0)
		fchmod(side->in, 0620);
	set_nonblock(master);
	return true;
}

static bool open_pipes(struct child *ch, struct side *side)
{
	int in[2], out[2], err[2];
	if (pipe2(in, O_CLOEXEC) < 0)
		return false;
	side->in = in[0];
	ch->in = in[1];
	if (pipe2(out, O_CLOEXEC) < 0)
		return false;
	ch->out = out[0];
	side->out = out[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return false;
	ch->err = err[0];
	side->err = err[1];
	return !set_nonblock(ch->in) && !set_nonblock(ch->out) && !set_nonblock(ch->err);
}

static void close_once(int *a, int *b, int *c)
{
	int fds[3] = { *a, *b, *c };
	for (int i = 0; i < 3; i++) {
		bool before = (i > 0 && fds[i] == fds[0]) || (i > 1 && fds[i] == fds[1]);
		if (fds[i] >= 0 && !before)
			close(fds[i]);
	}
	*a = *b = *c = -1;
}

static void explain(struct child *ch, const struct execspec *s, const struct user *u,
		    const struct failure *f)
{
	const char *name = s->argc ? s->argv[0] : u->shell;
	struct stat st;
	char shown[200];
	/* A file that is there but whose interpreter is not was found. */
	bool missing = f->where == 'x' && f->err == ENOENT &&
		       (!strchr(name, '/') || stat(name, &st) < 0);
	ch->status = missing ? 127 : 126;
	if (f->where == 'd')
		name = s->cwd ? s->cwd : u->home;
	else if (f->where == 'u')
		name = u->name;
	printable(shown, sizeof shown, name);
	const char *why = missing && !strchr(name, '/') ? "command not found"
			  : !missing && f->err == ENOENT ? "its interpreter was not found"
			  : strerror(f->err);
	snprintf(ch->why, sizeof ch->why, "%s: %s", shown, why);
}

struct order {
	const struct child *ch;
	const struct execspec *s;
	const struct user *u;
	char **env;
	const struct side *side;
};

static int in_child(void *arg)
{
	const struct order *o = arg;
	setsid();
	if (o->s->tty)
		ioctl(o->side->in, TIOCSCTTY, 0);
	cgroup_enter(o->ch->cgroup);
	/* All of them are above 2: 0, 1 and 2 are taken in every process of ours. */
	dup2(o->side->in, 0);
	dup2(o->side->out, 1);
	dup2(o->side->err, 2);
	run(o->s, o->u, o->env, o->side);
	_exit(126);
}

/* In our own memory, while we stand still until it has become the command or ended: copying the memory's map and
   the pages that it touches took longer than everything else. */
static pid_t fork_into(const struct order *o)
{
	static char stack[128 * 1024] __attribute__((aligned(16)));
	return clone(in_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)o);
}

static void start(struct child *ch, const struct execspec *s, const struct user *u, char **env,
		  struct side *side, int report)
{
	const struct order order = { ch, s, u, env, side };
	cgroup_make(ch->cgroup);
	ch->pid = fork_into(&order);
	close(side->report);
	side->report = -1;
	struct failure f;
	if (ch->pid < 0) {
		snprintf(ch->why, sizeof ch->why, "fork: %s", strerror(errno));
		ch->status = 126;
	} else if (read_all(report, &f, sizeof f)) {
		explain(ch, s, u, &f);
		waitpid(ch->pid, NULL, 0);
	} else {
		ch->pidfd = (int)syscall(SYS_pidfd_open, ch->pid, 0);
	}
}

bool child_start(struct child *ch, const struct execspec *s, const struct user *u, char **env)
{
	struct side side = { -1, -1, -1, -1 };
	int report[2] = { -1, -1 };
	memset(ch, 0, sizeof *ch);
	ch->pidfd = ch->in = ch->out = ch->err = -1;
	bool ok = pipe2(report, O_CLOEXEC) == 0 &&
		  (s->tty ? open_terminal(ch, &side, s, u) : open_pipes(ch, &side));
	if (ok) {
		side.report = report[1];
		report[1] = -1;
		start(ch, s, u, env, &side, report[0]);
	} else {
		snprintf(ch->why, sizeof ch->why, "%s: %s", s->tty ? "terminal" : "pipes",
			 strerror(errno));
		ch->status = 126;
	}
	int none = -1;
	close_once(&side.in, &side.out, &side.err);
	close_once(&report[0], &report[1], &none);
	if (!ch->status)
		return true;
	close_once(&ch->in, &ch->out, &ch->err);
	cgroup_remove(ch->cgroup);
	return false;
}
