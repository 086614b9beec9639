echo {{ ds }} {{ task.task_id }} {{ macros.ds_add(ds, 3) }}
