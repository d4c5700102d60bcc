#include "ports.h"

#include "util.h"
#include "worker.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLE_MAX (16 * 1024 * 1024)

static bool hex_words(const char *text, unsigned words, uint32_t *out)
{
	for (unsigned i = 0; i < words; i++, text += 8) {
		char word[9], *end;
		memcpy(word, text, 8);
		word[8] = 0;
		if (strspn(word, "0123456789ABCDEFabcdef") != 8)
			return false;
		/* Printed as a number of this machine, so its bytes lie as in the address. */
		out[i] = (uint32_t)strtoul(word, &end, 16);
	}
	return true;
}

static bool parse_line(char *line, bool tcp, bool six, struct listener *out)
{
	char *field[10], *save = NULL;
	unsigned n = 0, digits = six ? 32 : 8;
	uint32_t words[4];
	for (char *f = strtok_r(line, " ", &save); f && n < 10; f = strtok_r(NULL, " ", &save))
		field[n++] = f;
	if (n < 10 || strlen(field[1]) != digits + 5 || field[1][digits] != ':' ||
	    strlen(field[2]) != digits + 5)
		return false;
	/* TCP: LISTEN. UDP: not connected to a peer. */
	if (strcmp(field[3], tcp ? "0A" : "07") || (!tcp && strcmp(field[2] + digits, ":0000")))
		return false;
	char *end;
	out->port = (unsigned)strtoul(field[1] + digits + 1, &end, 16);
	if (*end || !out->port || !hex_words(field[1], digits / 8, words) ||
	    !parse_u64(field[9], UINT64_MAX, &out->inode))
		return false;
	out->protocol = tcp ? "tcp" : "udp";
	out->pid = 0;
	strcpy(out->command, "-");
	return inet_ntop(six ? AF_INET6 : AF_INET, words, out->address, sizeof out->address) != NULL;
}

void ports_parse(struct listeners *l, const char *text, bool tcp, bool six)
{
	char line[512];
	while (*text && l->count < PORTS_MAX) {
		size_t n = strcspn(text, "\n");
		if (n < sizeof line) {
			memcpy(line, text, n);
			line[n] = 0;
			if (parse_line(line, tcp, six, &l->list[l->count]))
				l->count++;
		}
		text += n + (text[n] == '\n');
	}
}

void ports_encode(char *out, size_t size, const char *text)
{
	size_t n = 0;
	for (; *text && n + 4 < size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c > ' ' && c < 127 && c != '%')
			out[n++] = (char)c;
		else
			n += (size_t)sprintf(out + n, "%%%02X", c);
	}
	out[n] = 0;
	if (!n && size > 1)
		strcpy(out, "-");
}

static void owned(struct listeners *l, uint64_t inode, pid_t pid, const char *proc)
{
	char path[300];
	for (size_t i = 0; i < l->count; i++) {
		struct listener *p = &l->list[i];
		if (p->inode != inode || (p->pid > 1 && p->pid <= pid) || (p->pid == 1 && pid == 1))
			continue;
		/* Process 1 only holds it for the one it will start. */
		if (pid == 1 && p->pid)
			continue;
		p->pid = pid;
		snprintf(path, sizeof path, "%s/%d/comm", proc, (int)pid);
		char *comm = read_file_at(AT_FDCWD, path, 4096, NULL);
		if (comm)
			comm[strcspn(comm, "\n")] = 0;
		ports_encode(p->command, sizeof p->command, comm ? comm : "");
		free(comm);
	}
}

static void look_at(struct listeners *l, const char *proc, const char *name)
{
	char path[300], target[64];
	uint64_t pid, inode;
	if (!parse_u64(name, INT32_MAX, &pid))
		return;
	snprintf(path, sizeof path, "%s/%s/fd", proc, name);
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof target - 1);
		if (n < 10 || strncmp(target, "socket:[", 8) || target[n - 1] != ']')
			continue;
		target[n - 1] = 0;
		if (parse_u64(target + 8, UINT64_MAX, &inode))
			owned(l, inode, (pid_t)pid, proc);
	}
	if (d)
		closedir(d);
}

void ports_find_owners(struct listeners *l, const char *proc)
{
	DIR *d = opendir(proc);
	for (struct dirent *e; d && (e = readdir(d));)
		look_at(l, proc, e->d_name);
	if (d)
		closedir(d);
}

void serve_ports(struct worker *w)
{
	static struct listeners l;
	static const struct { const char *file; bool tcp, six; } tables[] = {
		{ "/proc/net/tcp", true, false }, { "/proc/net/tcp6", true, true },
		{ "/proc/net/udp", false, false }, { "/proc/net/udp6", false, true },
	};
	struct buf b = { 0 };
	for (unsigned i = 0; i < countof(tables); i++) {
		char *text = read_file_at(AT_FDCWD, tables[i].file, TABLE_MAX, NULL);
		if (text)
			ports_parse(&l, text, tables[i].tcp, tables[i].six);
		free(text);
	}
	ports_find_owners(&l, "/proc");
	for (size_t i = 0; i < l.count; i++) {
		const struct listener *p = &l.list[i];
		buf_addf(&b, "%s %s %u %d %s\n", p->protocol, p->address, p->port, (int)p->pid, p->command);
	}
	http_answer(w->fd, 200, b.p ? b.p : "", b.len);
	buf_free(&b);
}
