part of {{ ds }}
