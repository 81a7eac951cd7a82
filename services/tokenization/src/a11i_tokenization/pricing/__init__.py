"""What calls cost: names to models, models to rates, rates and tokens to dollars."""
