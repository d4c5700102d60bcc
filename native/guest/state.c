/* The conversation on control: the greeting, and the lines that change the state. */
#include "core.h"

#include "log.h"
#include "util.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#ifndef BUILD_ID
#define BUILD_ID "0"
#endif

#define THAW_MS 10000
/* Workers get this long to end their commands before a save goes on without them. */
#define QUIESCE_MS 2500
/* How long a new session waits for its port. */
#define PORT_MS 10000
#define STIR_MAX_KIB 16384
#define PAGE 4096

static void greet(struct core *c, char *line)
{
	char *nonce = line + 5, *version;
	uint8_t bytes[16];
	uint64_t number;
	if (strncmp(line, "host ", 5) || !(version = strchr(nonce, ' ')))
		return;
	*version++ = 0;
	if (!hex_decode(nonce, 32, bytes) || !parse_u64(version, UINT32_MAX, &number))
		return;
	c->control.greeted = true;
	/* The NUL ahead of the line: this is where our side of the conversation starts. */
	c->control.out[0] = 0;
	c->control.out_off = 0;
	c->control.out_len = 1;
	control_say(&c->control, "hello %s 1 %s %s %s %llu", nonce, BUILD_ID, role_name(c->role),
		    state_name(c->state), (unsigned long long)c->generation);
	if (c->failed[0])
		control_say(&c->control, "failed %s", c->failed);
}

/* The driver shows its ports one after the other: right after a boot this one may still be missing. */
static void open_mux(struct core *c)
{
	c->mux_at = 0;
	if (c->mux.source.fd >= 0 || channel_open_streams(c))
		mux_begin(&c->mux, c->mux_nonce);
	else if (now_ms() < c->mux_until)
		c->mux_at = now_ms() + 5;
	else
		log_line("the port banger.streams cannot be opened");
}

static void begin_mux(struct core *c, const char *text)
{
	if (!hex_decode(text, 32, c->mux_nonce))
		return;
	c->mux_until = now_ms() + PORT_MS;
	open_mux(c);
}

void state_mux_begun(void *ctx, const uint8_t nonce[MUX_NONCE])
{
	struct core *c = ctx;
	char text[2 * MUX_NONCE + 1];
	hex_encode(nonce, MUX_NONCE, text);
	control_say(&c->control, "mux %s", text);
}

static void quiesced(struct core *c)
{
	c->quiesce_at = 0;
	c->state = ST_QUIESCED;
	mux_detach(&c->mux);
	control_say(&c->control, "quiesced %llu", (unsigned long long)c->quiesce_generation);
}

static void prepare_save(struct core *c, const char *text)
{
	uint64_t generation;
	if (!parse_u64(text, UINT64_MAX, &generation) || c->state == ST_CONFIGURING)
		return;
	c->before = c->state;
	c->quiesce_generation = generation;
	c->mux_at = 0;
	calls_end_streams(c);
	c->quiesce_at = now_ms() + QUIESCE_MS;
}

static void still(struct core *c)
{
	if (c->stirred)
		munmap(c->stirred, c->stirred_bytes);
	c->stirred = NULL;
	c->stirred_bytes = 0;
}

/* A save that runs beside us must not be done before we are frozen: this much of our memory has changed
   since, and no page of it is only zeroes. */
static void stir(struct core *c, const char *text)
{
	uint64_t kib;
	if (!parse_u64(text, STIR_MAX_KIB, &kib))
		return;
	if (c->stirred_bytes != kib * 1024)
		still(c);
	if (kib && !c->stirred) {
		void *p = mmap(NULL, kib * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return;
		c->stirred = p;
		c->stirred_bytes = kib * 1024;
	}
	for (size_t i = 0; i < c->stirred_bytes; i += PAGE)
		*(volatile char *)(c->stirred + i) = 1;
}

static void resumed(struct core *c, char *text)
{
	char *save = NULL;
	const char *field[4];
	uint64_t generation, time;
	uint8_t seed[32];
	for (int i = 0; i < 4; i++, text = NULL)
		if (!(field[i] = strtok_r(text, " ", &save)))
			return;
	bool known = !strcmp(field[1], "continue") || !strcmp(field[1], "resume") ||
		     !strcmp(field[1], "rekey");
	if (!known || strtok_r(NULL, " ", &save) || !parse_u64(field[0], UINT64_MAX, &generation) ||
	    !parse_u64(field[2], INT64_MAX, &time) || !hex_decode(field[3], 64, seed))
		return;
	c->thaw_at = c->quiesce_at = 0;
	still(c);
	sync_resume(c, generation, field[1], time, seed);
	explicit_bzero(seed, sizeof seed);
}

static bool is_token(const char *text)
{
	size_t n = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz");
	return n >= 1 && n <= 32 && !text[n];
}

void state_on_line(void *ctx, char *line, bool start)
{
	struct core *c = ctx;
	if (start) {
		greet(c, line);
		return;
	}
	char *rest = strchr(line, ' ');
	if (!rest)
		return;
	*rest++ = 0;
	bool silent = c->state == ST_QUIESCED || c->state == ST_FROZEN || c->quiesce_at;
	uint64_t generation;
	if (!strcmp(line, "resumed"))
		resumed(c, rest);
	else if (!strcmp(line, "freeze") && c->state == ST_QUIESCED) {
		if (parse_u64(rest, UINT64_MAX, &generation))
			sync_freeze_for(c, generation);
	} else if (silent)
		return;
	else if (!strcmp(line, "mux") && c->transport == VIA_PORTS)
		begin_mux(c, rest);
	else if (!strcmp(line, "ping") && is_token(rest))
		control_say(&c->control, "pong %s", rest);
	else if (!strcmp(line, "stir"))
		stir(c, rest);
	else if (!strcmp(line, "prepare-save"))
		prepare_save(c, rest);
}

void state_on_nul(void *ctx)
{
	struct core *c = ctx;
	/* Another conversation: its host opens a streams session of its own. The old one must not take
	   the new one's first bytes for a frame. */
	c->mux_at = 0;
	mux_end(&c->mux);
}

void state_thaw_later(struct core *c)
{
	c->thaw_at = now_ms() + THAW_MS;
}

void state_tick(struct core *c)
{
	if (c->quiesce_at && (!c->calls || now_ms() >= c->quiesce_at))
		quiesced(c);
	if (c->mux_at && now_ms() >= c->mux_at)
		open_mux(c);
	if (c->thaw_at && now_ms() >= c->thaw_at) {
		c->thaw_at = 0;
		log_line("file systems thawed: nobody resumed within 10 s");
		if (c->state == ST_FROZEN)
			c->state = ST_QUIESCED;
		sync_thaw(c);
	}
}
