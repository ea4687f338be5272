"""Many labelled text tasks as one objective of a language model: prompts, answers, their likelihood."""
