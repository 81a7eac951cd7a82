"""The bus port, its adapters and the stage runner."""
