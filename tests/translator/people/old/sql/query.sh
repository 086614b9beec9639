echo "select * from {{ table }} where day = '{{ execution_date.strftime('%Y-%m-%d') }}' limit {{ params.n }}"
