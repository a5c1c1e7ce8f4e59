"""Training with the gradient in view: tasks, fast backpropagation through time, optimisers, recorded runs."""
