#include "worker.h"
void serve_ports(struct worker *w) { http_error(w->fd, 501, "not yet"); }
void serve_files_in(struct worker *w, const char *path) { (void)path; http_error(w->fd, 501, "not yet"); }
void serve_files_out(struct worker *w, const char *path) { (void)path; http_error(w->fd, 501, "not yet"); }
void serve_sync(struct worker *w) { http_error(w->fd, 501, "not yet"); }
void serve_power(struct worker *w) { http_error(w->fd, 501, "not yet"); }
void serve_forward(struct worker *w) { http_error(w->fd, 501, "not yet"); }
