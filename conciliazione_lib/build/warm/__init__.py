"""Warm kernels: notebooks that start in a process where the whole stack is already imported.

Starting Python and importing the stack is more than nine tenths of a short notebook. Here one process per
environment imports it once and *forks* a ready kernel at each request. To Jupyter it is an ordinary kernel named
``conciliazione``: papermill, nbval and JupyterLab use it unmodified through a kernel provisioner. Where fork is not
available (Windows), or anything is amiss, the same kernel starts cold, with the same results.

- :mod:`.identity`: when a warm process may serve a kernel (same code, environment, interpreter settings);
- :mod:`.preload`: what it imports, and the proof that no thread was started;
- :mod:`.server`: the process that forks;
- :mod:`.client`: how a kernel is asked for, and what stands for its process;
- :mod:`.provisioner`: the entry point Jupyter knows.
"""

KERNEL_NAME = "conciliazione"
