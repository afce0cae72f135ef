"""A small server that speaks the Kubernetes API, with a staged cluster behind it.

For `firebreak sandbox`, where no cluster exists, and for tests that need a quick one. What it leaves out on
purpose: controllers and garbage collection (staging calls play their part), watch, server-side apply,
deletecollection, `>` and `<` in label selectors, most defaults and most of the validation of a spec. What it does answer is held to the real kube-apiserver by one contract suite.
"""
