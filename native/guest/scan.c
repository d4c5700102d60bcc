#include "workspace.h"

void workspace_scan(struct workspace *ws)
{
	wire_fail(&ws->wire, "not built yet");
}

void workspace_read(struct workspace *ws)
{
	wire_fail(&ws->wire, "not built yet");
}
