"""Facts about Argo Workflows 4.1 that compiler, lint and engine share, each in the module named after it.

limits: counts and sizes. names: what may be a name. phases: how nodes end. types: the manifests' shape. manifest: reading and
writing them. expr, govaluate, depends, tags: the languages inside their texts.
"""
