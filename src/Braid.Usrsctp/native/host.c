#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coreclr_delegates.h>
#include <hostfxr.h>
#include <nethost.h>

#include "host.h"

static const char assembly_name[] = "Braid.Usrsctp";
static const char type_name[] = "Braid.Usrsctp.Exports, Braid.Usrsctp";

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct braid_function *wanted;
static size_t wanted_count;
static int is_started;

static void failed(const char *what, int code)
{
	fprintf(stderr, "libusrsctp (Braid): %s (0x%08x). .NET 10 is needed, and its files beside this library.\n", what, (unsigned int)code);
}

/* The runtime's part that starts it: where DOTNET_ROOT says, or where it is installed. */
static void *load_hostfxr(void)
{
	char path[PATH_MAX];
	size_t size = sizeof(path);
	int code = get_hostfxr_path(path, &size, NULL);
	void *fxr;

	if (code != 0) {
		failed("no .NET runtime was found", code);
		return NULL;
	}
	fxr = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (fxr == NULL) {
		failed(dlerror(), 0);
	}
	return fxr;
}

static load_assembly_and_get_function_pointer_fn start_runtime(const char *folder)
{
	char config[PATH_MAX + 64];
	hostfxr_initialize_for_runtime_config_fn initialize;
	hostfxr_get_runtime_delegate_fn get_delegate;
	hostfxr_close_fn close_context;
	hostfxr_handle context = NULL;
	void *load = NULL;
	void *fxr = load_hostfxr();
	int code;

	if (fxr == NULL) {
		return NULL;
	}
	*(void **)&initialize = dlsym(fxr, "hostfxr_initialize_for_runtime_config");
	*(void **)&get_delegate = dlsym(fxr, "hostfxr_get_runtime_delegate");
	*(void **)&close_context = dlsym(fxr, "hostfxr_close");
	if (initialize == NULL || get_delegate == NULL || close_context == NULL) {
		failed("the .NET runtime cannot be started by others", 0);
		return NULL;
	}

	/* Positive values are successes too: the process has a runtime already. */
	snprintf(config, sizeof(config), "%s/%s.runtimeconfig.json", folder, assembly_name);
	code = initialize(config, NULL, &context);
	if (code < 0 || context == NULL) {
		failed("the .NET runtime does not start", code);
		return NULL;
	}
	code = get_delegate(context, hdt_load_assembly_and_get_function_pointer, &load);
	close_context(context);
	if (code != 0) {
		failed("the .NET runtime does not load assemblies", code);
		return NULL;
	}
	return (load_assembly_and_get_function_pointer_fn)load;
}

static void start(void)
{
	char folder[PATH_MAX];
	char assembly[PATH_MAX + 64];
	load_assembly_and_get_function_pointer_fn load;
	Dl_info self;
	char *slash;
	size_t i;

	/* Behind whatever links the library is found by. */
	if (dladdr((void *)&braid_start, &self) == 0 || realpath(self.dli_fname, folder) == NULL || (slash = strrchr(folder, '/')) == NULL) {
		failed("the library does not know where it is", 0);
		return;
	}
	*slash = '\0';
	load = start_runtime(folder);
	if (load == NULL) {
		return;
	}
	snprintf(assembly, sizeof(assembly), "%s/%s.dll", folder, assembly_name);
	for (i = 0; i < wanted_count; i++) {
		int code = load(assembly, type_name, wanted[i].name, UNMANAGEDCALLERSONLY_METHOD, NULL, wanted[i].address);

		if (code != 0) {
			failed(wanted[i].name, code);
			return;
		}
	}
	is_started = 1;
}

int braid_start(const struct braid_function *functions, size_t count)
{
	/* Whoever comes first: all of them bring the same. */
	wanted = functions;
	wanted_count = count;
	pthread_once(&once, start);
	return is_started ? 0 : -1;
}
