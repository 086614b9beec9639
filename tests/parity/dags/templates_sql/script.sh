echo {{ ds }} $0 {{ params.word }}
