grep -P '^4692'
