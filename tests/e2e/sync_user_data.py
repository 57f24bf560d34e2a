def sync_user_data(user_data):
    headers = {
        'X-Service-Key': config.SERVICE_KEY,
        'Content-Type': 'application/json'
    }
    
    try:
        response = requests.post(
            f"{config.SERVICE_URL}/api/auth/sync-user",
            json=user_data,
            headers=headers
        )
        response.raise_for_status()
        return response.json()
    except requests.exceptions.RequestException as e:
        logger.error(f"Failed to sync user data: {str(e)}")
        raise
