"""An image, from the container engine to ECR."""
