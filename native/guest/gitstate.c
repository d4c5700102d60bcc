#include "gitstate.h"

#include "inroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t index_max = 512u * 1024 * 1024;
enum { HEAD_MAX = 65536, DEPTH_MAX = 200 };
#define HOST_REFS "refs/remotes/host/"

/* What a merge, a pick or a rebase under way leaves, and tips beside the refs. The first three say that something is
   going on. */
static const char *const in_progress[] = {
	"MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_MSG", "MERGE_MODE", "MERGE_RR", "AUTO_MERGE",
	"SQUASH_MSG", "BISECT_LOG", "BISECT_START", "ORIG_HEAD", "logs/refs/stash",
	"shallow", /* where the history that came before was cut */
};
static const char *const in_progress_dirs[] = { "rebase-merge", "rebase-apply", "sequencer" };

int git_open(const struct workspace *ws, const char *gitdir, bool make)
{
	if (*gitdir)
		return make ? inroot_dir(ws->root, gitdir + 1, 0755)
			    : inroot_open(ws->root, gitdir + 1, O_PATH | O_DIRECTORY);
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (ws->top < 0) {
		errno = ENOENT;
		return -1;
	}
	int fd = openat(ws->top, ".git", flags);
	if (fd < 0 && make && errno == ENOENT && mkdirat(ws->top, ".git", 0755) == 0)
		fd = openat(ws->top, ".git", flags);
	return fd;
}

static void add_text(struct digest *d, int gitdir, const char *name)
{
	size_t len = 0;
	char *text = git_text(gitdir, name, HEAD_MAX, &len);
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	digest_add(d, name, strlen(name) + 1);
	if (text)
		digest_add(d, text, len);
	digest_add(d, "", 1);
	free(text);
}

static void refs_digest(int gitdir, size_t id_len, uint8_t out[SHA256_LEN])
{
	struct digest d;
	struct refs refs;
	digest_start(&d, true);
	add_text(&d, gitdir, "HEAD");
	for (unsigned i = 0; i < 3; i++)
		add_text(&d, gitdir, in_progress[i]);
	bool whole = refs_collect(gitdir, id_len, &refs);
	/* One that cannot be read as a whole is never as delivered. */
	digest_add(&d, whole ? "+" : "-", 1);
	for (size_t i = 0; i < refs.list.count; i++) {
		const struct entry *e = &refs.list.at[i];
		const char *name = entry_path(&refs.list, e);
		if (!strncmp(name, HOST_REFS, sizeof HOST_REFS - 1))
			continue;
		digest_add(&d, name, e->path_len + 1u);
		if (e->flags & REF_SYMBOLIC)
			digest_add(&d, refs.targets.p + e->ino, strlen(refs.targets.p + e->ino) + 1);
		else
			digest_add(&d, e->id, id_len);
	}
	refs_free(&refs);
	digest_end(&d, out);
}

static struct seen see(int gitdir, const char *name)
{
	struct stat st;
	if (fstatat(gitdir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return (struct seen){ 0 };
	return (struct seen){ st.st_ino, (uint64_t)st.st_size, mtime_of(&st), ctime_of(&st) };
}

static void index_digest(int gitdir, size_t id_len, struct manifest *out)
{
	size_t len = 0;
	/* Before it is read: what is written meanwhile looks different afterwards. */
	out->index_seen = see(gitdir, "index");
	char *data = git_text(gitdir, "index", index_max, &len);
	git_index_digest((const uint8_t *)(data ? data : ""), len, id_len, out->index);
	free(data);
}

bool git_digests(const struct workspace *ws, const char *gitdir, size_t id_len, struct manifest *out)
{
	int fd = git_open(ws, gitdir, false);
	if (fd < 0)
		return false;
	refs_digest(fd, id_len, out->refs);
	index_digest(fd, id_len, out);
	close(fd);
	return true;
}

/* Whether it is the very file whose digest the manifest has. A young one may have been written in the same tick. */
static bool index_untouched(int gitdir, const struct manifest *m)
{
	struct seen now = see(gitdir, "index");
	return now.ino && now.ino == m->index_seen.ino && now.size == m->index_seen.size &&
	       now.mtime == m->index_seen.mtime && now.ctime == m->index_seen.ctime && now.mtime < m->recorded;
}

static bool git_same(int gitdir, const struct manifest *m)
{
	struct manifest now;
	refs_digest(gitdir, m->files.id_len, now.refs);
	if (memcmp(now.refs, m->refs, sizeof now.refs))
		return false;
	if (index_untouched(gitdir, m))
		return true;
	index_digest(gitdir, m->files.id_len, &now);
	return !memcmp(now.index, m->index, sizeof now.index);
}

enum git_state git_state(const struct workspace *ws, const char *gitdir, bool interrupted)
{
	struct stat st;
	const struct manifest *m = &ws->manifest;
	if (!*gitdir && (ws->top < 0 || (fstatat(ws->top, ".git", &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)))
		return GIT_NONE;
	int fd = git_open(ws, gitdir, false);
	if (fd < 0)
		return *gitdir && errno == ENOENT ? GIT_NONE : GIT_MOVED;
	/* Half of a delivery lies there; a log says that the guest's own git worked with it since. */
	bool untouched = interrupted && fstatat(fd, "logs/HEAD", &st, AT_SYMLINK_NOFOLLOW) < 0;
	bool same = untouched || (m->git_known && git_same(fd, m));
	close(fd);
	return same ? GIT_AS_DELIVERED : GIT_MOVED;
}

static bool among(const struct buf *names, const char *name)
{
	for (const char *p = names->p; p && p < names->p + names->len; p += strlen(p) + 1)
		if (!strcmp(p, name))
			return true;
	return false;
}

/* Everything below; nothing that lies there is followed. */
static void remove_tree(int dir, const char *name, int depth)
{
	if (unlinkat(dir, name, 0) == 0 || errno != EISDIR || depth > DEPTH_MAX)
		return;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			remove_tree(fd, e->d_name, depth + 1);
	if (d)
		closedir(d);
	unlinkat(dir, name, AT_REMOVEDIR);
}

/* fd is taken over. */
static void sweep_refs(int fd, char path[ENTRY_PATH + 1], size_t len, const struct buf *kept)
{
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		size_t n = strlen(e->d_name);
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || len + 1 + n >= ENTRY_PATH)
			continue;
		path[len] = '/';
		memcpy(path + len + 1, e->d_name, n + 1);
		int sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0 && !among(kept, path))
			unlinkat(fd, e->d_name, 0);
		if (sub < 0)
			continue;
		sweep_refs(sub, path, len + 1 + n, kept);
		path[len + 1 + n] = 0;
		/* Where it is empty now. The three that git expects stay. */
		if (len > 4)
			unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

void git_sweep(const struct workspace *ws, const char *gitdir, const struct buf *kept)
{
	char path[ENTRY_PATH + 1] = "refs";
	int fd = git_open(ws, gitdir, false);
	if (fd < 0)
		return;
	for (unsigned i = 0; i < countof(in_progress); i++)
		if (!among(kept, in_progress[i]))
			unlinkat(fd, in_progress[i], 0);
	for (unsigned i = 0; i < countof(in_progress_dirs); i++)
		remove_tree(fd, in_progress_dirs[i], 0);
	int refs = openat(fd, "refs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (refs >= 0)
		sweep_refs(refs, path, 4, kept);
	/* Without the two git takes it for no repository. */
	mkdirat(fd, "objects", 0755);
	mkdirat(fd, "refs", 0755);
	close(fd);
}
