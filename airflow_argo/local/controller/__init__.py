"""What Argo's controller decides, without I/O: a tree of nodes, and passes over it that start, judge and end them.

A pass (`reconcile`) goes from the root down, as the controller's does, in its order and with its results; but it goes only
where something changed. Processes, clock and files are outside: a pass asks for pods and is told what became of them.
"""
