"""The choice among networks: from scratch, frozen, fine-tuned, with adapters; torch is imported by what it imports."""
