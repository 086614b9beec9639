"""AA3xx: references in a manifest, and what waits for ever."""

from __future__ import annotations

from airflow_argo.diagnostics.codes.code import ERROR, WARNING, Code

REFERENCES: tuple[Code, ...] = (
    Code(
        "AA301",
        "an output that may never be there",
        ERROR,
        "A task that needs an output of one that failed, the result of one that was skipped, or the outputs of a loop "
        "without a success, waits for it for ever: the workflow stays Running, and no deadline of its own ends that. "
        "An expression needs every output that it names without ?. or ??, whether it comes to it or not. The form "
        "{{= tasks['x'].outputs?.parameters?.y ?? 'default' }} works whatever became of x. It is a warning where only a pod "
        "that is lost without a trace leaves nothing.",
    ),
    Code(
        "AA302",
        "an output of a skipped task",
        WARNING,
        "A declared output of a skipped or omitted task is nil. That is an Error of who needs it, unless the output has a "
        "valueFrom.default, the reference is a whole argument and the input has a default, or an expression says ?? what to "
        "take instead. Before Argo 3.7.16 and 4.0.7 it was waited for for ever.",
    ),
    Code(
        "AA303",
        "a variable of a task that doesn't come before",
        ERROR,
        "A task sees variables only of those on which it depends, directly or not, and a step only of those in earlier groups. "
        "Argo refuses a tag that an argument begins with; in an expression, or further on in a text, it waits for ever.",
    ),
    Code(
        "AA304",
        "a group without a last node",
        ERROR,
        "What depends on a group of steps or tasks hangs on the last nodes inside it. If the last step group is empty, if "
        "a step fails before it has a node, or if failFast of its template ends it, there are none: dependents run, and yet "
        'the DAG around them stays Running for ever. retryStrategy: {limit: "0"} on the group\'s template cures it, and so '
        "does a dependence on another task.",
    ),
    Code(
        "AA305",
        "a group that some values leave without a last node",
        WARNING,
        "As AA304, but it takes a value that can't be used: a when that isn't a condition once its tags are replaced, "
        "a withParam that is no list, an argument whose expression converts a text that it can't convert. In a DAG the same "
        "is harmless, since there the task has a node.",
    ),
    Code("AA306", "no such template", ERROR, "A task, step, hook or workflow names a template that its document doesn't have."),
    Code(
        "AA307",
        "no such WorkflowTemplate",
        ERROR,
        "A templateRef or workflowTemplateRef names what isn't among the documents that are linted together. It may be on the "
        "cluster; to have it checked too, give its file.",
    ),
    Code("AA308", "which template is meant", ERROR, "A task or step has exactly one of template, templateRef and inline."),
    Code("AA309", "no such task or step", ERROR, "A reference names a task or step that isn't in the template around it."),
    Code(
        "AA310",
        "no such variable",
        ERROR,
        "A tag or expression names an input, a parameter, an item or a variable that there isn't. Tags that don't begin with "
        "one of Argo's words are nobody's variables, and stay as they are.",
    ),
    Code(
        "AA311",
        "no such output",
        ERROR,
        "A reference names an output that the template of the task doesn't declare: refused in a tag, waited for for ever in "
        "an expression.",
    ),
    Code("AA312", "an input without a value", ERROR, "An input that has no default needs an argument in every call."),
    Code("AA313", "an argument that nobody takes", WARNING, "Argo drops arguments for which the template has no input."),
    Code("AA314", "no such task to depend on", ERROR, "depends, dependencies and target name tasks of the same DAG."),
    Code("AA315", "tasks wait for one another", ERROR, "The dependencies of a DAG, or of a container set, form a circle."),
    Code(
        "AA316",
        "depends is no expression",
        ERROR,
        "It is made of names, results such as a.Succeeded, &&, ||, ! and parentheses. Tasks whose name is a word of the "
        "expression language (and, in, not, or, true, …) can't be named in it.",
    ),
    Code(
        "AA317",
        "no such result",
        ERROR,
        "A task has the results Succeeded, Failed, Errored, Skipped, Omitted and Daemoned; one with items has AnySucceeded and "
        "AllFailed too.",
    ),
    Code(
        "AA318",
        "depends and dependencies",
        ERROR,
        "A DAG uses either; continueOn and names with a leading digit don't go with depends.",
    ),
    Code(
        "AA319",
        "no expression",
        ERROR,
        "The text between {{= and }}, or of a field for one, isn't in the language of expr-lang.",
    ),
    Code(
        "AA320",
        "an expression that always fails",
        ERROR,
        "It calls a function that there isn't, or it has no variables and its value is nil or an error. It is a warning where "
        "the workflow goes on after that.",
    ),
    Code(
        "AA321",
        "no condition",
        ERROR,
        "A when is evaluated by govaluate once its tags are replaced, and has to be true or false. Texts with spaces, hyphens, "
        "dots or slashes need quotes, numbers and words alone are no condition, and a list of one element is none. "
        "The task is an Error, not skipped.",
    ),
    Code("AA322", "an open tag", WARNING, "{{ without }} in the same text takes whatever follows in the manifest as its name."),
    Code(
        "AA323",
        "an unknown tag in a loop",
        ERROR,
        "Elsewhere unknown tags stay as they are; in a task with items they are an Error.",
    ),
    Code(
        "AA324",
        "the hook of a loop",
        ERROR,
        "It runs once an item, when the task with all items isn't there to be referred to.",
    ),
    Code(
        "AA325",
        "a result that isn't kept",
        WARNING,
        "Argo keeps what a task prints only if the template that calls it has the text tasks.x.outputs.result or "
        "['x'].outputs.result; ?.result and double quotes don't count, a comment in an expression does.",
    ),
    Code("AA326", "a hook without a condition", ERROR, "Only the hook called exit may do without an expression."),
    Code(
        "AA327",
        "several kinds of items",
        ERROR,
        "A task has one of withItems, withParam, withSequence; a sequence count or end.",
    ),
    Code("AA328", "an empty list of items", WARNING, "withItems: [] is no loop: the task runs once. withParam: '[]' skips it."),
    Code("AA329", "no entrypoint", ERROR, "A workflow says with which template it begins."),
    Code(
        "AA330", "a template that runs nothing", ERROR, "It has a container, script, dag, steps, suspend, resource or the like."
    ),
    Code(
        "AA331",
        "items that are no list",
        ERROR,
        "withParam is the text of a JSON list. It is a warning where the workflow goes on.",
    ),
    Code(
        "AA332",
        "the outputs of a loop without a success",
        WARNING,
        "If no item succeeded, outputs.parameters is the text [] instead of a map, and ?. over it is an Error. "
        "type(tasks['x'].outputs?.parameters ?? '') == 'map' tells them apart.",
    ),
    Code("AA333", "endless recursion", ERROR, "A template calls itself without a condition; at 100 calls that is an Error."),
    Code("AA334", "calls too deep", ERROR, "Argo goes 99 calls deep."),
    Code("AA335", "a loop over an inline template", ERROR, "What comes after it is an Error, and so is the group around both."),
    Code(
        "AA336",
        "the lock of a suspend",
        ERROR,
        "A suspend template that is the last of its group, and has a lock, is not looked at again when it ends: the lock is "
        "given back only when the workflow ends, and whoever waits for it inside the workflow waits for ever.",
    ),
    Code(
        "AA337",
        "a duration made of the time",
        WARNING,
        "Argo resolves arguments each time that it looks at a task, and counts a suspend's duration from its start. One made "
        "of now() is less each time, and the task waits too short: about half of the time, if Argo has much to do meanwhile.",
    ),
    Code(
        "AA338",
        "an empty step group before others",
        ERROR,
        "An empty step group has the next one as its child, and is over when that is. Argo comes by the groups in order each "
        "time, and by none after one that isn't over: if anything in the groups behind it takes its time, nobody looks at it "
        "again, and the steps stay Running for ever.",
    ),
)
