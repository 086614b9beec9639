SELECT {{ params.number }}
-- {{ ds }}
{% include 'part.sql' %}
