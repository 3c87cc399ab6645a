/* What starts .NET in this process, once, and finds the functions that are written in C#. */
#ifndef BRAID_HOST_H
#define BRAID_HOST_H

#include <stddef.h>
#include <stdint.h>

/* A function written in C#: its name in the class Exports, and where its address goes. */
struct braid_function {
	const char *name;
	void **address;
};

/* Starts the runtime and finds all functions; 0 when they can be called. Says once on stderr why not. For any thread. */
int braid_start(const struct braid_function *functions, size_t count);

#endif
